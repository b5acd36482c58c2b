import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { defineCommand } from '../../../manager-bot/command.ts'
import { line } from '../../../manager-bot/text/rich-text.ts'
import type { SandboxMessage } from '../../../telegram-sandbox/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

const done: string[] = []

const offer = defineCommand({
  name: 'offer',
  usage: '[what]',
  summary: 'Offer two things',
  example: '',
  role: 'owner',
  args: () => z.strictObject({ what: z.string().optional() }),
  run: async ({ what }) => {
    if (what !== undefined) done.push(what)
    if (what !== undefined) return { text: [line(`Did ${what}.`)] }
    const offers = ['tea', 'coffee'].map((input) => ({
      label: `Make ${input}`,
      command: 'offer',
      input: { what: input },
    }))
    return { text: [line('What shall it be?')], offers }
  },
})

let finishSlow = () => {}

const slow = defineCommand({
  name: 'slow',
  usage: '',
  summary: 'Take its time',
  example: '',
  role: 'owner',
  args: () => z.strictObject({}),
  run: async () => {
    done.push('slow begins')
    await new Promise<void>((resolve) => {
      finishSlow = resolve
    })
    done.push('slow ends')
    return { text: [line('Done at last.')] }
  },
})

let bench: ChatBench

beforeEach(async () => {
  done.length = 0
  bench = await chatBench({ commands: [offer, slow] })
  await bench.start()
})

afterEach(() => bench.close())

const offered = async (): Promise<SandboxMessage> => (await bench.answers(bench.says('/offer')))[0] as SandboxMessage

/** A press as Telegram would deliver it, with whatever in it. */
const deliver = async (query: { data: string; message: number; person?: number; chat?: number }) => {
  const from = { id: query.person ?? OWNER, is_bot: false, first_name: 'X' }
  const chat = { id: query.chat ?? OWNER, type: 'private' }
  const id = String(Math.trunc(bench.sandbox.calls.length + 1e9))
  const message = { message_id: query.message, date: 1, chat, text: 'x' }
  bench.sandbox.deliver(MANAGER, 'callback_query', { id, from, message, chat_instance: '1', data: query.data })
  const after = await bench.answers(bench.says('/offer'))
  return after.at(-1)
}

const nonceOf = (message: SandboxMessage, label: string): string =>
  (message.buttons ?? []).flat().find(({ text }) => text === label)?.callback_data ?? ''

test('a press carries its command out once, and takes the buttons away', async () => {
  const message = await offered()
  const answer = await bench.sandbox.press(OWNER, MANAGER, message.message_id, 'Make tea')
  const [said] = await bench.answers(message)
  expect(answer).toEqual({ answered: true, text: '', show_alert: false })
  expect(said?.text).toBe('Did tea.')
  expect(done).toEqual(['tea'])
  const now = () => bench.chat().find(({ message_id }) => message_id === message.message_id)
  await bench.sandbox.waitFor(() => now()?.buttons.length === 0, { what: 'no buttons' })
})

test('a repeated press, also of the button beside it, is told so and does nothing', async () => {
  const message = await offered()
  await bench.sandbox.press(OWNER, MANAGER, message.message_id, 'Make tea')
  await deliver({ data: nonceOf(message, 'Make tea'), message: message.message_id })
  await deliver({ data: nonceOf(message, 'Make coffee'), message: message.message_id })
  expect(done).toEqual(['tea'])
})

test('presses that are forged, of another message or of another person do nothing', async () => {
  const message = await offered()
  const data = nonceOf(message, 'Make tea')
  expect(data).toMatch(/^[\w-]{32}$/)
  await deliver({ data: 'offer tea', message: message.message_id })
  await deliver({ data, message: message.message_id + 1 })
  await deliver({ data, message: message.message_id, person: 666 })
  await deliver({ data, message: message.message_id, chat: 777 })
  expect(done).toEqual([])
  await bench.sandbox.press(OWNER, MANAGER, message.message_id, 'Make tea')
  await bench.sandbox.waitFor(() => done.length > 0)
  expect(done).toEqual(['tea'])
})

test('a button works after a restart', async () => {
  const message = await offered()
  await bench.restart()
  await bench.sandbox.press(OWNER, MANAGER, message.message_id, 'Make coffee')
  await bench.answers(message)
  expect(done).toEqual(['coffee'])
})

test('while another command of the chat is at work a press is answered at once, and carried out after it', async () => {
  const message = await offered()
  bench.says('/slow')
  await eventually(() => expect(done).toEqual(['slow begins']))
  const began = Date.now()
  const answer = await bench.sandbox.press(OWNER, MANAGER, message.message_id, 'Make tea')
  expect(answer).toEqual({ answered: true, text: '', show_alert: false })
  expect(Date.now() - began).toBeLessThan(2000)
  expect(done).toEqual(['slow begins'])
  finishSlow()
  await eventually(() => expect(done).toEqual(['slow begins', 'slow ends', 'tea']))
})
