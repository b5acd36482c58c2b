import type { Bot, Group, Message, Person, PrivateChat, StoredChat, Topic } from './state.ts'
import { botById, botByUsername, personById, type World } from './world.ts'

/**
 * How a person names a chat: a bot's username is that person's private chat with the bot, a number is a group's id.
 * (The Bot API calls a private chat by the person's id, which is the same for every bot and so names none of them.)
 */
export type ChatName = string | number

export const groupById = (world: World, id: number): Group | undefined =>
  world.state.chats.find((chat): chat is Group => chat.type !== 'private' && chat.id === id)

export const privateChatOf = (world: World, bot: number, person: number): PrivateChat | undefined =>
  world.state.chats.find(
    (chat): chat is PrivateChat => chat.type === 'private' && chat.bot === bot && chat.person === person,
  )

/** The chat as that person sees it; a private chat is begun if there is none. Throws when there is no such chat. */
export const chatOfPerson = (world: World, person: Person, name: ChatName): StoredChat => {
  if (typeof name === 'number') {
    const group = mustHaveGroup(world, name)
    if (!group.members.includes(person.id)) throw new Error(`${person.name} is not a member of ${group.title}`)
    return group
  }
  const bot = mustHaveBot(world, name)
  return privateChatOf(world, bot.id, person.id) ?? beginPrivateChat(world, bot, person)
}

export const mustHaveGroup = (world: World, id: number): Group => {
  const group = groupById(world, id)
  if (!group) throw new Error(`No group with id ${id} in the sandbox`)
  return group
}

export const mustHaveBot = (world: World, username: string): Bot => {
  const bot = botByUsername(world, username.replace(/^@/, ''))
  if (!bot) throw new Error(`No bot named ${username} in the sandbox`)
  return bot
}

export const mustHavePerson = (world: World, id: number): Person => {
  const person = personById(world, id)
  if (!person) throw new Error(`No person with id ${id} in the sandbox`)
  return person
}

/** The chat's id as the Bot API gives it. */
export const apiChatId = (chat: StoredChat): number => (chat.type === 'private' ? chat.person : chat.id)

export const botsIn = (world: World, chat: StoredChat): Bot[] =>
  (chat.type === 'private' ? [chat.bot] : chat.members).flatMap((id) => botById(world, id) ?? [])

export const peopleIn = (world: World, chat: StoredChat): Person[] =>
  (chat.type === 'private' ? [chat.person] : chat.members).flatMap((id) => personById(world, id) ?? [])

export const messageIn = (chat: StoredChat, id: number): Message | undefined =>
  chat.messages.find(({ message_id, deleted }) => message_id === id && !deleted)

/** A forum's topic that is still there. */
export const topicIn = (chat: StoredChat, id: number): Topic | undefined =>
  chat.type === 'private' ? undefined : chat.topics?.find((topic) => topic.id === id && !topic.deleted)

// Telegram counts messages per bot over all its private chats, and per supergroup. (It counts those of basic groups
// with the private ones; here they are counted per group.)
export const nextMessageId = (world: World, chat: StoredChat): number => {
  const counter = chat.type === 'private' ? botById(world, chat.bot) : chat
  if (!counter) throw new Error('A private chat without its bot')
  counter.nextMessageId += 1
  return counter.nextMessageId - 1
}

const beginPrivateChat = (world: World, bot: Bot, person: Person): PrivateChat => {
  const chat: PrivateChat = { type: 'private', bot: bot.id, person: person.id, messages: [] }
  world.state.chats.push(chat)
  return chat
}
