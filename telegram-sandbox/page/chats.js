import { keyOf, notify } from './store.js'

/**
 * The acting person's chats, the latest message first; bots that nobody wrote to come last. A chat is named as that
 * person sees it: by a bot's username, a group's id as text, or `<group>/<topic>`. A forum's own entry is General.
 */
export const chatsOf = (store) => {
  const groups = store.groups.filter(({ members, closed }) => members.includes(store.me) && !closed)
  return [...store.bots.map((bot) => botChat(store, bot)), ...groups.flatMap((group) => groupChats(store, group))]
    .map((chat) => ({ ...chat, messages: messagesOf(store, chat), unread: unreadIn(store, chat) }))
    .sort((one, other) => (other.messages.at(-1)?.date ?? 0) - (one.messages.at(-1)?.date ?? 0))
}

export const chatNamed = (store, name) => chatsOf(store).find((chat) => chat.name === name)

/** Another client may be slow to tell: the last message seen is remembered by this browser alone. */
export const markRead = (store, chat) => {
  const last = messagesOf(store, chat).at(-1)?.message_id ?? 0
  if (lastRead(store, chat) === last) return
  localStorage.setItem(readKey(store, chat), String(last))
  notify(store, { type: 'read' })
}

export const isHere = (store, key, chat) => key === chatKey(store, chat)

export const actionIn = (store, chat) => store.actions.get(chatKey(store, chat))?.action

/** What people call the last thing in a chat: a message that is deleted says nothing. */
export const lastShown = ({ messages }) => messages.findLast(({ deleted }) => !deleted)

const botChat = (store, { username, name, commands }) => ({
  name: username,
  place: { chat: username },
  title: name,
  about: `@${username}`,
  kind: 'bot',
  commands: commands[store.me] ?? [],
})

const groupChats = (store, group) => {
  const { id, title, type, members, topics } = group
  const people = `${members.length} ${members.length === 1 ? 'person' : 'people'}`
  const common = { commands: group.commands[store.me] ?? [], forum: topics !== undefined }
  const about = type === 'channel' ? `channel, ${people}` : `${topics ? 'General' : 'group'}, ${people}`
  const whole = { ...common, name: String(id), place: { chat: id }, title, about, kind: 'group' }
  const parts = (topics ?? []).map((topic) => ({
    ...common,
    name: `${id}/${topic.id}`,
    place: { chat: id, topic: topic.id },
    title: topic.name,
    about: `topic in ${title}`,
    within: title,
    kind: 'topic',
  }))
  return [whole, ...parts]
}

const messagesOf = (store, chat) => {
  const all = store.messages.get(chatKey(store, chat)) ?? []
  return chat.forum ? all.filter(({ thread }) => thread === chat.place.topic) : all
}

const chatKey = (store, { place }) => keyOf({ chat: place.chat, person: store.me })

const unreadIn = (store, chat) => {
  const read = lastRead(store, chat)
  const isNew = ({ message_id, from, deleted }) => message_id > read && from.id !== store.me && !deleted
  return messagesOf(store, chat).filter(isNew).length
}

// A sandbox begun anew counts its messages from 1 again.
const lastRead = (store, chat) => {
  const read = Number(localStorage.getItem(readKey(store, chat)))
  return read > (messagesOf(store, chat).at(-1)?.message_id ?? 0) ? 0 : read
}

const readKey = (store, { name }) => `read:${store.me}:${name}`
