// The sandbox says every 5 s that it is there. A phone that slept, or a connection that hangs, tells no error.
const SILENT_MS = 15_000

/** What the page knows, told by the sandbox over server-sent events. */
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
  listen(store)
  return store
}

/** Begins anew where nothing was heard for too long: what comes first is all there is to know. */
const listen = (store) => {
  const source = new EventSource('/events')
  let silence
  const heard = () => {
    clearTimeout(silence)
    silence = setTimeout(() => {
      source.close()
      setOnline(store, false)
      listen(store)
    }, SILENT_MS)
  }
  const on = (type, handle) =>
    source.addEventListener(type, ({ data }) => {
      heard()
      notify(store, handle(store, JSON.parse(data)) ?? { type: 'all' })
    })
  on('snapshot', takeSnapshot)
  on('directory', takeDirectory)
  on('message', takeMessage)
  on('edit', takeEdit)
  on('delete', takeEdit)
  on('action', takeAction)
  source.addEventListener('heartbeat', heard)
  source.addEventListener('open', () => setOnline(store, true))
  source.addEventListener('error', () => setOnline(store, false))
  heard()
}

export const actAs = (store, person) => {
  store.me = person
  localStorage.setItem('person', String(person))
  notify(store, { type: 'all' })
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

/** Of a private chat with a bot, or of a group with all its topics. */
export const keyOf = ({ chat, person }) => (Number.isFinite(Number(chat)) ? String(chat) : `${chat}:${person}`)

const setOnline = (store, online) => {
  if (store.online === online) return
  store.online = online
  notify(store, { type: 'online' })
}

export const notify = (store, change) => {
  for (const listener of store.listeners) listener(change)
}
