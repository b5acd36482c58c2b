import { say } from './act.js'
import { showChatList } from './chat-list.js'
import { chatNamed, chatsOf } from './chats.js'
import { conversation } from './conversation.js'
import { el } from './elements.js'
import { actAs, openStore } from './store.js'

const TOAST_MS = 3_500

const find = (selector) => document.querySelector(selector)
const store = openStore()
let current

const openName = () => {
  const name = decodeURIComponent(/^#\/chat\/(.+)$/.exec(location.hash)?.[1] ?? '')
  return chatNamed(store, name) && name
}

const refresh = (change) => {
  showPeople()
  find('.offline').hidden = store.online
  if (store.ready && (current?.name !== openName() || current?.person !== store.me)) openChat(openName())
  else if (change.type !== 'read') current?.view.changed(change)
  showChatList(find('.chats'), store, { open: current?.name })
  const unread = chatsOf(store).reduce((sum, chat) => sum + chat.unread, 0)
  document.title = unread ? `(${unread}) Telegram sandbox` : 'Telegram sandbox'
}

const openChat = (name) => {
  document.body.classList.toggle('in-chat', name !== undefined)
  current = name && { name, person: store.me, view: conversation(store, name, { tell, onStart: start }) }
  find('.conversation').replaceChildren(current?.view.element ?? nothingOpen())
  current?.view.opened()
}

/** A link to a bot opens its chat, and starts the bot with what the link carries. */
const start = ({ username, payload }) => {
  location.hash = `#/chat/${username}`
  if (payload) say(store, { place: { chat: username } }, `/start ${payload}`).catch((error) => tell(error.message))
}

const nothingOpen = () => el('p', { class: 'nothing-open' }, 'Choose a chat to begin')

const showPeople = () => {
  const label = find('.acting')
  const select = label.querySelector('select')
  label.hidden = store.people.length < 2
  select.replaceChildren(...store.people.map(({ id, name }) => el('option', { value: String(id) }, name)))
  select.value = String(store.me)
}

let hideToast
const tell = (text, { alert = false } = {}) => {
  if (alert) {
    find('.alert p').textContent = text
    find('.alert').showModal()
    return
  }
  const toast = find('.toast')
  toast.textContent = text
  toast.hidden = false
  clearTimeout(hideToast)
  hideToast = setTimeout(() => {
    toast.hidden = true
  }, TOAST_MS)
}

store.listeners.add(refresh)
addEventListener('hashchange', () => refresh({ type: 'all' }))
document.addEventListener('visibilitychange', () => refresh({ type: 'all' }))
document.addEventListener('toast', ({ detail }) => tell(detail))
find('.acting select').addEventListener('change', ({ target }) => actAs(store, Number(target.value)))
