import { expect, test } from 'vitest'
import type { Engine } from '../../../deploy-engine/index.ts'
import type { Source } from '../../../manager-bot/chat/lanes.ts'
import { type Live, openLive } from '../../../manager-bot/chat/live.ts'
import type { Speaking } from '../../../manager-bot/chat/speaking.ts'
import { quietLog } from '../../helpers/engine.ts'

const CHAT = 7

type Message = { id: number; chatId: number; threadId: null }
const message = (id: number): Message => ({ id, chatId: CHAT, threadId: null })

/** One chat's turn, taken by hand; what is being shown meanwhile ends as the test says. */
const chat = () => {
  let source: Source | undefined
  const shown: number[] = []
  const endings: { resolve(): void; reject(error: Error): void }[] = []
  const feed = (one: Source): void => {
    source = one
  }
  const lanes = { feed, wake: () => {}, move: () => {}, idle: async () => {} }
  const speaking = { log: quietLog, random: () => 0.5, signal: new AbortController().signal } as unknown as Speaking
  const live: Live<Message> = openLive<Message>(
    { engine: {} as Engine, speaking, lanes },
    {
      read: async (id) => message(id),
      bringUp: ({ id }) => {
        shown.push(id)
        return new Promise((resolve, reject) => endings.push({ resolve: () => resolve({ sent: true }), reject }))
      },
      giveUp: async () => {},
    },
  )
  const deliverNext = async () => {
    const job = await source?.next(CHAT)
    const delivered = job?.deliver()
    await new Promise(setImmediate)
    return { priority: job?.priority, delivered, ending: endings.at(-1) }
  }
  return { live, shown, deliverNext }
}

// As node-fetch names what it meets on the way.
const lost = Object.assign(new Error('socket hang up'), { name: 'FetchError' })

test('a failure that is to be told while an older frame is lost comes before the failures after it', async () => {
  const { live, shown, deliverNext } = chat()
  live.put(message(1), 'progress')
  const frame = await deliverNext()
  live.put(message(1), 'alert')
  live.put(message(2), 'alert')
  frame.ending?.reject(lost)
  expect((await frame.delivered)?.retryMs).toBeGreaterThan(0)
  expect((await deliverNext()).priority).toBe('alert')
  expect(shown).toEqual([1, 1])
})

test('failures are told in their order, also where the later one was to be shown first', async () => {
  const { live, shown, deliverNext } = chat()
  live.put(message(2), 'result')
  live.put(message(1), 'progress')
  live.put(message(1), 'alert')
  live.put(message(2), 'alert')
  live.put(message(1), 'progress')
  for (let n = 0; n < 2; n++) (await deliverNext()).ending?.resolve()
  expect(shown).toEqual([1, 2])
})

test('what is lost is tried again in its turn and at its own importance', async () => {
  const { live, shown, deliverNext } = chat()
  live.put(message(1), 'progress')
  const frame = await deliverNext()
  live.put(message(2), 'progress')
  live.put(message(3), 'result')
  frame.ending?.reject(lost)
  await frame.delivered
  for (const priority of ['result', 'progress', 'progress']) {
    const next = await deliverNext()
    expect(next.priority).toBe(priority)
    next.ending?.resolve()
    await next.delivered
  }
  expect(shown).toEqual([1, 3, 1, 2])
})
