import { messageJson, userJson } from './bot-view.ts'
import { botsIn, type ChatName, chatOfPerson, messageIn, mustHavePerson } from './chats.ts'
import type { Bot, CallbackAnswer, CallbackQuery } from './state.ts'
import { pushUpdate } from './updates.ts'
import { emit, type World } from './world.ts'

/** Telegram lets a bot answer a press for about this long; the person sees the button spinning meanwhile. */
export const ANSWER_WITHIN_MS = 15_000

export type Press = { in: ChatName; message: number; button: string }

/** A person presses the inline button with this text. The query waits for its answer in `world.state.queries`. */
export const press = (world: World, personId: number, { in: name, message: id, button }: Press): CallbackQuery => {
  const person = mustHavePerson(world, personId)
  const chat = chatOfPerson(world, person, name)
  const message = messageIn(chat, id)
  if (!message) throw new Error(`No message ${id} in that chat`)
  const pressed = message.buttons.flat().find(({ text }) => text === button)
  if (!pressed?.callback_data) {
    const there = message.buttons.flat().map(({ text }) => text)
    throw new Error(`Message ${id} has no button "${button}" to press, it has: ${there.join(', ') || 'none'}`)
  }
  const query = newQuery(world, message.from)
  const bot = botsIn(world, chat).find(({ id }) => id === message.from)
  if (!bot) throw new Error(`The bot that sent message ${id} has left the chat`)
  pushUpdate(world, bot, {
    type: 'callback_query',
    body: {
      id: query.id,
      from: userJson(person),
      message: messageJson(world, chat, message),
      chat_instance: String(personId * 7919 + message.from),
      data: pressed.callback_data,
    },
  })
  return query
}

/** False when there is no such query of this bot, or its time is over. */
export const answerQuery = (
  world: World,
  bot: Bot,
  { id, ...answer }: Omit<CallbackAnswer, 'answered'> & { id: string },
) => {
  const query = world.state.queries.find((candidate) => candidate.id === id && candidate.bot === bot.id)
  if (!query || world.now() - query.at > ANSWER_WITHIN_MS) return false
  query.answer = { answered: true, ...answer }
  emit(world, { type: 'answer', query: id })
  return true
}

const newQuery = (world: World, bot: number): CallbackQuery => {
  const now = world.now()
  world.state.queries = world.state.queries.filter(({ at }) => now - at <= ANSWER_WITHIN_MS)
  const query = { id: `${Math.floor(world.random() * 1e9) + 1e9}${now}`, bot, at: now }
  world.state.queries.push(query)
  return query
}
