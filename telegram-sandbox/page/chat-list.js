import { chatsOf, lastShown } from './chats.js'
import { avatar, el, shortWhen } from './elements.js'
import { eventText } from './events.js'
import { plainLine } from './formatted-text.js'

const PREVIEW_CHARACTERS = 120

/** Fills the list of chats. Links that stay are kept, so that the focus stays where it is. */
export const showChatList = (list, store, { open }) => {
  const known = new Map([...list.children].map((item) => [item.dataset.chat, item]))
  const items = chatsOf(store).map((chat) => {
    const item = known.get(chat.name) ?? el('li', { 'data-chat': chat.name }, el('a', { href: `#/chat/${chat.name}` }))
    fill(item.firstChild, store, chat, chat.name === open)
    return item
  })
  if (items.some((item, place) => list.children[place] !== item) || items.length !== list.children.length) {
    const focused = document.activeElement
    list.replaceChildren(...items)
    if (list.contains(focused)) focused.focus()
  }
}

const fill = (link, store, chat, isOpen) => {
  const { title, within, kind, unread } = chat
  const last = lastShown(chat)
  link.toggleAttribute('aria-current', isOpen)
  if (isOpen) link.setAttribute('aria-current', 'page')
  link.replaceChildren(
    avatar(title, kind),
    el(
      'span',
      { class: 'entry' },
      el(
        'span',
        { class: 'entry-top' },
        el('strong', {}, title, within && el('span', { class: 'within' }, ` in ${within}`)),
        last && el('time', {}, shortWhen(last.date)),
      ),
      el(
        'span',
        { class: 'entry-bottom' },
        el('span', { class: 'preview' }, last ? preview(last, store.me) : 'No messages yet'),
        unread > 0 && el('span', { class: 'unread', 'aria-label': `${unread} unread` }, String(unread)),
      ),
    ),
  )
}

const preview = (message, me) => {
  if (message.service) return [eventText(message, { me })]
  const { from, text, document: file } = message
  const line = plainLine(text).slice(0, PREVIEW_CHARACTERS) || file?.file_name || ''
  return [from.id === me && el('span', { class: 'you' }, 'You: '), line].filter(Boolean)
}
