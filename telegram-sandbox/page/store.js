/**
 * What the page knows, told by the sandbox over server-sent events. A chat is named as the acting person sees it: by a
 * bot's username, or by a group's id as text.
 */
export const openStore = () => {
  const store = {
    people: [],
    bots: [],
    groups: [],
    messages: new Map(),
    actions: new Map(),
    me: undefined,
    ready: false,
    online: true,
    listeners: new Set(),
  }
  const source = new EventSource('/events')
  const on = (type, handle) =>
    source.addEventListener(type, ({ data }) => notify(store, handle(store, JSON.parse(data)) ?? { type: 'all' }))
  on('snapshot', takeSnapshot)
  on('directory', takeDirectory)
  on('message', takeMessage)
  on('edit', takeEdit)
  on('delete', takeDelete)
  on('action', takeAction)
  source.addEventListener('open', () => setOnline(store, true))
  source.addEventListener('error', () => setOnline(store, false))
  return store
}

export const actAs = (store, person) => {
  store.me = person
  localStorage.setItem('person', String(person))
  notify(store, { type: 'all' })
}

/** The acting person's chats, the latest message first; bots that nobody wrote to come last. */
export const chatsOf = (store) => {
  const bots = store.bots.map((bot) => ({
    name: bot.username,
    title: bot.name,
    about: `@${bot.username}`,
    isBot: true,
    commands: bot.commands[store.me] ?? [],
  }))
  const groups = store.groups
    .filter(({ members }) => members.includes(store.me))
    .map(({ id, title, members, commands }) => {
      const about = `group, ${members.length} ${members.length === 1 ? 'person' : 'people'}`
      return { name: String(id), title, about, isBot: false, commands }
    })
  return [...bots, ...groups]
    .map((chat) => ({ ...chat, messages: messagesOf(store, chat.name), unread: unreadIn(store, chat.name) }))
    .sort((one, other) => (other.messages.at(-1)?.date ?? 0) - (one.messages.at(-1)?.date ?? 0))
}

export const messagesOf = (store, chat) => store.messages.get(keyOf({ chat, person: store.me })) ?? []

/** Another client may be slow to tell: the last message seen is remembered by this browser alone. */
export const markRead = (store, chat) => {
  const last = messagesOf(store, chat).at(-1)?.message_id ?? 0
  if (lastRead(store, chat) === last) return
  localStorage.setItem(readKey(store, chat), String(last))
  notify(store, { type: 'read' })
}

export const say = (store, chat, text) => post('/say', { person: store.me, chat: asNamed(store, chat), text })

export const press = (store, chat, { message_id }, button) =>
  post('/press', { person: store.me, chat: asNamed(store, chat), message_id, button })

const post = async (path, body) => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => {
    throw new Error('The sandbox does not answer')
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

const takeSnapshot = (store, { chats, ...directory }) => {
  takeDirectory(store, directory)
  store.messages = new Map(chats.map((chat) => [keyOf(chat), chat.messages]))
  store.ready = true
}

const takeDirectory = (store, { people, bots, groups }) => {
  Object.assign(store, { people, bots, groups })
  const wanted = store.me ?? Number(localStorage.getItem('person'))
  store.me = (people.find(({ id }) => id === wanted) ?? people[0])?.id
}

const takeMessage = (store, { message, ...place }) => {
  const key = keyOf(place)
  store.messages.set(key, [...(store.messages.get(key) ?? []), message])
  store.actions.delete(key)
  return { type: 'message', key, message }
}

const takeEdit = (store, { message, ...place }) => {
  const key = keyOf(place)
  const known = store.messages.get(key) ?? []
  store.messages.set(
    key,
    known.map((old) => (old.message_id === message.message_id ? message : old)),
  )
  return { type: 'edit', key, message }
}

const takeDelete = (store, { message, ...place }) => {
  const key = keyOf(place)
  const left = (store.messages.get(key) ?? []).filter(({ message_id }) => message_id !== message.message_id)
  store.messages.set(key, left)
  return { type: 'delete', key, message }
}

// A chat action shows for five seconds, or until the bot writes.
const takeAction = (store, { action, ...place }) => {
  const key = keyOf(place)
  clearTimeout(store.actions.get(key)?.timer)
  const timer = setTimeout(() => {
    store.actions.delete(key)
    notify(store, { type: 'action', key })
  }, 5_000)
  store.actions.set(key, { action, timer })
  return { type: 'action', key }
}

export const isHere = (store, key, chat) => key === keyOf({ chat, person: store.me })

export const actionIn = (store, chat) => store.actions.get(keyOf({ chat, person: store.me }))?.action

const keyOf = ({ chat, person }) => (Number.isFinite(Number(chat)) ? String(chat) : `${chat}:${person}`)

const asNamed = (store, chat) => (store.groups.some(({ id }) => String(id) === chat) ? Number(chat) : chat)

const unreadIn = (store, chat) => {
  const read = lastRead(store, chat)
  return messagesOf(store, chat).filter(({ message_id, from }) => message_id > read && from.id !== store.me).length
}

// A sandbox begun anew counts its messages from 1 again.
const lastRead = (store, chat) => {
  const read = Number(localStorage.getItem(readKey(store, chat)))
  return read > (messagesOf(store, chat).at(-1)?.message_id ?? 0) ? 0 : read
}

const readKey = (store, chat) => `read:${store.me}:${chat}`

const setOnline = (store, online) => {
  if (store.online === online) return
  store.online = online
  notify(store, { type: 'online' })
}

const notify = (store, change) => {
  for (const listener of store.listeners) listener(change)
}
