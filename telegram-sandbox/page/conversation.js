import { press, say, sendFile } from './act.js'
import { actionIn, chatNamed, isHere, markRead } from './chats.js'
import { composer } from './composer.js'
import { avatar, el, icon } from './elements.js'
import { messagePane } from './messages.js'

const ACTIONS = { typing: 'typing', upload_document: 'sending a document', upload_photo: 'sending a photo' }

/** The open chat: who it is with, its messages, and the input or, before the first message, the Start button. */
export const conversation = (store, name, { tell, onStart }) => {
  const opened = chatNamed(store, name)
  // A topic that is deleted while it is open stays as it was.
  const chat = () => chatNamed(store, name) ?? opened
  /** Whether the message arrived. */
  const send = (text) => arrives(say(store, opened, text))
  const arrives = async (sending) => {
    try {
      await sending
      return true
    } catch (error) {
      tell(error.message)
      return false
    }
  }
  const about = el('span', { class: 'about', 'aria-live': 'polite' })
  const pane = messagePane({
    me: store.me,
    isPrivate: opened.kind === 'bot',
    knowsChat: (username) => store.bots.some((bot) => bot.username.toLowerCase() === username.toLowerCase()),
    onCommand: send,
    onStart,
    onPress: (message, button) => pressed(press(store, opened, message, button), tell),
  })
  const input = composer({
    commands: () => chat().commands,
    onSend: send,
    onAttach: (file, caption) => arrives(sendFile(store, opened, { file, caption })),
  })
  const start = startPrompt(opened, () => send('/start'))
  const element = el('div', { class: 'open-chat' }, header(opened, about), pane.element, start, input.element)

  const update = ({ mine = false } = {}) => {
    const { messages, about: subtitle, kind } = chat()
    const action = actionIn(store, opened)
    if (!store.online) about.textContent = 'reconnecting…'
    else about.textContent = action ? `${ACTIONS[action] ?? 'busy'}…` : subtitle
    about.classList.toggle('acting-now', store.online && action !== undefined)
    start.hidden = kind !== 'bot' || messages.length > 0
    pane.element.hidden = !start.hidden
    input.element.hidden = !start.hidden
    input.refresh()
    pane.update(messages, { mine })
    if (document.visibilityState === 'visible') markRead(store, chat())
  }
  update()
  return {
    element,
    opened: () => {
      pane.toEnd()
      // A phone's keyboard would cover the chat that was just opened.
      if (matchMedia('(pointer: fine)').matches) input.focus()
    },
    changed: (change) => {
      if (change.key && !isHere(store, change.key, opened)) return
      update({ mine: change.type === 'message' && change.message.from.id === store.me })
    },
  }
}

const header = ({ title, kind }, about) =>
  el(
    'header',
    { class: 'chat-top' },
    el('a', { class: 'back', href: '#/', 'aria-label': 'Back to the chats' }, icon('back')),
    avatar(title, kind),
    el('div', { class: 'chat-names' }, el('h2', {}, title), about),
  )

const startPrompt = ({ title, name }, onStart) =>
  el(
    'div',
    { class: 'start' },
    el(
      'div',
      { class: 'start-card' },
      avatar(title),
      el('h3', {}, title),
      el('p', {}, `@${name} can write to you once you have started it.`),
      el('button', { type: 'button', class: 'start-button', onclick: onStart }, 'Start'),
    ),
  )

const pressed = async (answer, tell) => {
  try {
    const { answered, text, show_alert } = await answer
    if (!answered) tell('The bot did not answer the button')
    else if (text) tell(text, { alert: show_alert })
  } catch (error) {
    tell(error.message)
  }
}
