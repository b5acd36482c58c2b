import { composer } from './composer.js'
import { avatar, el, icon } from './elements.js'
import { messagePane } from './messages.js'
import { actionIn, chatsOf, isHere, markRead, press, say } from './store.js'

const ACTIONS = { typing: 'typing', upload_document: 'sending a document', upload_photo: 'sending a photo' }

/** The open chat: who it is with, its messages, and the input or, before the first message, the Start button. */
export const conversation = (store, name, { tell }) => {
  const chat = () => chatsOf(store).find((candidate) => candidate.name === name)
  /** Whether the message arrived. */
  const send = async (text) => {
    try {
      await say(store, name, text)
      return true
    } catch (error) {
      tell(error.message)
      return false
    }
  }
  const about = el('span', { class: 'about', 'aria-live': 'polite' })
  const pane = messagePane({
    me: store.me,
    isPrivate: chat().isBot,
    knowsChat: (username) => store.bots.some((bot) => bot.username === username),
    onCommand: send,
    onPress: (message, button) => pressed(press(store, name, message, button), tell),
  })
  const input = composer({ commands: () => chat()?.commands ?? [], onSend: send })
  const start = startPrompt(chat(), () => send('/start'))
  const element = el('div', { class: 'open-chat' }, header(chat(), about), pane.element, start, input.element)

  const update = ({ mine = false } = {}) => {
    const { messages, about: subtitle, isBot } = chat()
    const action = actionIn(store, name)
    if (!store.online) about.textContent = 'reconnecting…'
    else about.textContent = action ? `${ACTIONS[action] ?? 'busy'}…` : subtitle
    about.classList.toggle('acting-now', store.online && action !== undefined)
    start.hidden = !isBot || messages.length > 0
    pane.element.hidden = !start.hidden
    input.element.hidden = !start.hidden
    input.refresh()
    pane.update(messages, { mine })
    if (document.visibilityState === 'visible') markRead(store, name)
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
      if (change.key && !isHere(store, change.key, name)) return
      update({ mine: change.type === 'message' && change.message.from.id === store.me })
    },
  }
}

const header = ({ title }, about) =>
  el(
    'header',
    { class: 'chat-top' },
    el('a', { class: 'back', href: '#/', 'aria-label': 'Back to the chats' }, icon('back')),
    avatar(title),
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
