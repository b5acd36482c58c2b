import { peopleIn } from '../world/chats.ts'
import { menuOf } from '../world/menus.ts'
import type { Command, Group, Person } from '../world/state.ts'
import type { World } from '../world/world.ts'
import { messageView, type Place, placeOf, type SandboxEvent, type SandboxMessage } from './view.ts'

/** A message without its file: the page fetches that from `/document/<file_id>`. `size` is in bytes. */
export type PageMessage = Omit<SandboxMessage, 'document' | 'history'> & {
  document?: { file_id: string; file_name: string; mime_type: string; size: number }
}

export type Directory = {
  people: Person[]
  bots: { username: string; name: string; commands: Menus }[]
  groups: PageGroup[]
}
/** What each person is offered in a chat, by the person's id. */
type Menus = Record<string, Command[]>
/** `members` are people; `topics` are those of a forum; a `closed` group has become a supergroup. */
type PageGroup = Pick<Group, 'id' | 'title' | 'members' | 'type'> & {
  commands: Menus
  topics?: { id: number; name: string }[]
  closed: boolean
}
export type Snapshot = Directory & { chats: (Place & { messages: PageMessage[] })[] }

/** What the page is told, in server-sent events of these types. */
export type PageEvent =
  | ({ type: 'snapshot' } & Snapshot)
  | ({ type: 'directory' } & Directory)
  | ({ type: 'message' | 'edit' | 'delete'; message: PageMessage } & Place)
  | ({ type: 'action'; bot: string; action: string } & Place)

const SHOWN_MESSAGES = 300

export const snapshot = (world: World): Snapshot => ({
  ...directory(world),
  chats: world.state.chats.map((chat) => ({
    ...placeOf(world, chat),
    messages: chat.messages.slice(-SHOWN_MESSAGES).map((message) => pageMessage(messageView(world, message))),
  })),
})

const directory = (world: World): Directory => ({
  people: world.state.people,
  bots: world.state.bots.map((bot) => ({
    username: bot.username,
    name: bot.name,
    commands: menusOf(world, world.state.people, bot.username),
  })),
  groups: world.state.chats.flatMap((chat) => (chat.type === 'private' ? [] : groupView(world, chat))),
})

export const pageEvent = (world: World, event: SandboxEvent): PageEvent | undefined => {
  switch (event.type) {
    case 'message':
    case 'edit':
    case 'delete':
      return { ...event, message: pageMessage(event.message) }
    case 'action':
      return event
    case 'person':
    case 'group':
    case 'bot':
    case 'commands':
      return { type: 'directory', ...directory(world) }
    default:
      return undefined
  }
}

// What is deleted leaves a mark, and nothing of what it said.
const pageMessage = ({ document, history: _, ...message }: SandboxMessage): PageMessage => {
  if (message.deleted) return { ...message, text: '', entities: [], buttons: [] }
  if (!document) return message
  const { content, ...described } = document
  return { ...message, document: { ...described, size: content.length } }
}

const menusOf = (world: World, people: Person[], chat: string | number): Menus =>
  Object.fromEntries(people.map(({ id }) => [id, menuOf(world, id, chat)]))

const groupView = (world: World, group: Group): PageGroup => {
  const { id, title, type, topics, migratedTo } = group
  const people = peopleIn(world, group)
  const there = topics?.filter(({ deleted }) => !deleted).map(({ id, name }) => ({ id, name }))
  return {
    id,
    title,
    type,
    members: people.map(({ id }) => id),
    commands: menusOf(world, people, id),
    ...(there ? { topics: there } : {}),
    closed: migratedTo !== undefined,
  }
}
