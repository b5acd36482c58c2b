import { botsIn, chatOfPerson, mustHaveBot, mustHavePerson } from './chats.ts'
import { isAdmin } from './members.ts'
import type { Bot, Command, Group } from './state.ts'
import type { World } from './world.ts'

/**
 * The commands that a person is offered in a chat: of each bot there, the list of the narrowest scope that has one, in
 * Telegram's order. In a group they carry the bot's name.
 */
export const menuOf = (world: World, personId: number, chat: string | number): Command[] => {
  if (typeof chat === 'string') {
    return firstList(mustHaveBot(world, chat), [`chat:${personId}`, 'all_private_chats', 'default'])
  }
  const group = chatOfPerson(world, mustHavePerson(world, personId), chat)
  if (group.type === 'private') return []
  return botsIn(world, group).flatMap((bot) =>
    firstList(bot, groupScopes(world, group, personId)).map(({ command, description }) => ({
      command: `${command}@${bot.username}`,
      description,
    })),
  )
}

const groupScopes = (world: World, group: Group, person: number): string[] => {
  const admin = isAdmin(world, group, person)
  return [
    `chat_member:${group.id}:${person}`,
    ...(admin ? [`chat_administrators:${group.id}`] : []),
    `chat:${group.id}`,
    ...(admin ? ['all_chat_administrators'] : []),
    'all_group_chats',
    'default',
  ]
}

const firstList = ({ commands }: Bot, scopes: string[]): Command[] =>
  scopes.map((scope) => commands[scope]).find((list) => list !== undefined) ?? []
