import { botsIn } from '../world/chats.ts'
import type { Bot, Command, Group, Person } from '../world/state.ts'
import { botById, type World } from '../world/world.ts'
import { messageView, type Place, placeOf, type SandboxEvent, type SandboxMessage } from './view.ts'

/** A message without its file: the page fetches that from `/document/<file_id>`. `size` is in bytes. */
export type PageMessage = Omit<SandboxMessage, 'document' | 'history'> & {
  document?: { file_id: string; file_name: string; mime_type: string; size: number }
}

export type Directory = {
  people: Person[]
  /** `commands`: the menu that each person sees in the private chat, by the person's id. */
  bots: { username: string; name: string; commands: Record<string, Command[]> }[]
  groups: { id: number; title: string; members: number[]; commands: Command[] }[]
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
    messages: chat.messages
      .filter(({ deleted }) => !deleted)
      .slice(-SHOWN_MESSAGES)
      .map((message) => pageMessage(messageView(world, message))),
  })),
})

const directory = (world: World): Directory => ({
  people: world.state.people,
  bots: world.state.bots.map((bot) => ({
    username: bot.username,
    name: bot.name,
    commands: Object.fromEntries(world.state.people.map(({ id }) => [id, privateCommands(bot, id)])),
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

const pageMessage = ({ document, history: _, ...message }: SandboxMessage): PageMessage => {
  if (!document) return message
  const { content, ...described } = document
  return { ...message, document: { ...described, size: content.length } }
}

// Telegram shows the menu of the narrowest scope that has one.
const privateCommands = ({ commands }: Bot, person: number): Command[] =>
  commands[`chat:${person}`] ?? commands.all_private_chats ?? commands.default ?? []

const groupView = (world: World, group: Group) => {
  const bots = botsIn(world, group)
  const commands = bots.flatMap((bot) => {
    const { commands } = bot
    const menu = commands[`chat:${group.id}`] ?? commands.all_group_chats ?? commands.default ?? []
    return menu.map(({ command, description }) => ({ command: `${command}@${bot.username}`, description }))
  })
  const { id, title, members } = group
  return { id, title, members: members.filter((member) => botById(world, member) === undefined), commands }
}
