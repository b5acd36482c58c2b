import type { Bot, Person, State, StoredChat } from './state.ts'

/** What the state lives in: a clock in milliseconds, randomness in 0..1, and whoever wants to hear of changes. */
export type World = {
  state: State
  now: () => number
  random: () => number
  listeners: Set<(event: WorldEvent) => void>
}

export type WorldEvent =
  | { type: 'person' | 'group'; id: number }
  | { type: 'bot' | 'commands' | 'queue' | 'update'; bot: number }
  | { type: 'message' | 'edit' | 'delete'; chat: StoredChat; message: number }
  | { type: 'action'; chat: StoredChat; bot: number; action: string }
  | { type: 'answer'; query: string }

export const emit = (world: World, event: WorldEvent) => {
  for (const listener of world.listeners) listener(event)
}

export const seconds = (world: World) => Math.floor(world.now() / 1000)

export const personById = (world: World, id: number): Person | undefined =>
  world.state.people.find((person) => person.id === id)

export const botById = (world: World, id: number): Bot | undefined => world.state.bots.find((bot) => bot.id === id)

export const botByUsername = (world: World, username: string): Bot | undefined =>
  world.state.bots.find((bot) => bot.username.toLowerCase() === username.toLowerCase())

export const botByToken = (world: World, token: string): Bot | undefined =>
  world.state.bots.find((bot) => bot.token === token)
