import { randomBytes } from 'node:crypto'
import type { Bot, Person } from './state.ts'
import { newQueue } from './updates.ts'
import { botById, botByUsername, emit, type World } from './world.ts'

const FIRST_PERSON = 1_001
const FIRST_BOT = 700_000_001

export type NewPerson = { id?: number; name: string; username?: string }
export type NewBot = { id?: number; username: string; name?: string; token?: string }

/** A person that is already there (same id, or same username when no id is given) is returned, renamed. */
export const addPerson = (world: World, { id, name, username }: NewPerson): Person => {
  const { people } = world.state
  const known = people.find((person) =>
    id === undefined ? username && person.username === username : person.id === id,
  )
  const person = known ?? { id: id ?? nextId(people, FIRST_PERSON), name }
  person.name = name
  if (username) person.username = username
  if (!known) people.push(person)
  emit(world, { type: 'person', id: person.id })
  return person
}

/** A bot that is there already (same username) is returned with its chats; a given name or token is applied. */
export const addBot = (world: World, { id, username, name, token }: NewBot): Bot => {
  const known = botByUsername(world, username)
  const bot = known ?? newBot(world, { id: id ?? idOf(token) ?? nextId(world.state.bots, FIRST_BOT), username })
  if (name) bot.name = name
  if (token) bot.token = token
  if (!known) world.state.bots.push(bot)
  emit(world, { type: 'bot', bot: bot.id })
  return bot
}

/** The new token. The old one is unknown from now on. */
export const revokeToken = (world: World, id: number): string => {
  const bot = botById(world, id)
  if (!bot) throw new Error(`No bot with id ${id} in the sandbox`)
  bot.token = newToken(id)
  emit(world, { type: 'bot', bot: id })
  return bot.token
}

const newBot = (world: World, { id, username }: { id: number; username: string }): Bot => {
  if (botById(world, id)) throw new Error(`The sandbox already has a bot with id ${id}`)
  return {
    id,
    username,
    name: username,
    token: newToken(id),
    webhookUrl: '',
    commands: {},
    nextMessageId: 1,
    queue: newQueue(world),
  }
}

const newToken = (id: number) => `${id}:AA${randomBytes(25).toString('base64url').slice(0, 33)}`

const idOf = (token?: string) => (token ? Number.parseInt(token, 10) : undefined)

const nextId = (things: { id: number }[], first: number) => Math.max(first - 1, ...things.map(({ id }) => id)) + 1
