import { commandMenu } from './command-menu.js'
import { el, icon } from './elements.js'

/**
 * The input of a chat. Enter sends, Shift+Enter breaks the line, `/` opens the bot's commands. `onSend` gets the text
 * and resolves with whether it arrived; what did not is written into the input again. `onAttach` gets a chosen file,
 * and what is written as its caption.
 */
export const composer = ({ commands, onSend, onAttach }) => {
  const input = el('textarea', {
    rows: '1',
    placeholder: 'Message',
    'aria-label': 'Message',
    autocomplete: 'off',
    'aria-controls': 'commands',
    'aria-autocomplete': 'list',
    oninput: () => changed(),
    onkeydown: (event) => keyDown(event),
    onblur: () => menu.hide(),
  })
  const menu = commandMenu({ input, onPick: (command) => pick(command) })
  const send = el('button', { type: 'submit', class: 'send', 'aria-label': 'Send', disabled: true }, icon('send'))
  const opener = el(
    'button',
    {
      type: 'button',
      class: 'menu-opener',
      'aria-label': 'Commands of this bot',
      // Pressing it must not take the focus: leaving the input closes the menu.
      onmousedown: (event) => event.preventDefault(),
      onclick: () => toggleMenu(),
    },
    icon('slash'),
  )
  const file = el('input', { type: 'file', hidden: true, 'aria-label': 'File', onchange: () => attach() })
  const clip = el(
    'button',
    { type: 'button', class: 'clip', 'aria-label': 'Attach a file', onclick: () => file.click() },
    icon('clip'),
  )
  const form = el('form', { class: 'composer', onsubmit: (event) => submit(event) }, opener, input, file, clip, send)

  const changed = () => {
    send.disabled = input.value.trim() === ''
    input.style.height = 'auto'
    input.style.height = `${input.scrollHeight}px`
    const typed = /^\/(\w*)$/.exec(input.value)?.[1]
    menu.show(typed === undefined ? [] : commands().filter(({ command }) => command.startsWith(typed.toLowerCase())))
  }
  const write = (text) => {
    input.value = text
    changed()
    input.focus()
  }
  const pick = (command) => write(`/${command} `)
  const submit = async (event) => {
    event.preventDefault()
    const text = input.value.trim()
    if (!text) return
    write('')
    const arrived = await onSend(text)
    if (!arrived && input.value === '') write(text)
  }
  const attach = async () => {
    const [chosen] = file.files
    if (!chosen) return
    const caption = input.value.trim()
    write('')
    const arrived = await onAttach(chosen, caption)
    file.value = ''
    if (!arrived && input.value === '') write(caption)
  }
  const toggleMenu = () => {
    input.focus()
    if (menu.open) menu.hide()
    else menu.show(commands())
  }
  const keyDown = (event) => {
    if (menu.open && menuKey(event, { menu, input, pick })) return event.preventDefault()
    const sends = event.key === 'Enter' && !event.shiftKey && !event.isComposing
    if (sends) void submit(event)
  }
  return {
    element: el('div', { class: 'composing' }, menu.element, form),
    focus: () => input.focus(),
    refresh: () => {
      opener.hidden = commands().length === 0
    },
  }
}

// A command that is written out is sent by Enter; one that was chosen from the menu is written first, for arguments.
const menuKey = ({ key, shiftKey }, { menu, input, pick }) => {
  if (key === 'ArrowDown') menu.move(1)
  else if (key === 'ArrowUp') menu.move(-1)
  else if (key === 'Escape') menu.hide()
  else if (key === 'Tab') pick(menu.current())
  else if (key === 'Enter' && !shiftKey && input.value !== `/${menu.current()}`) pick(menu.current())
  else return false
  return true
}
