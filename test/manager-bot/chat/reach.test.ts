import { TelegramError } from 'telegraf'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { watchHost } from '../../../deploy-engine/index.ts'
import { IncidentSchema } from '../../../deploy-engine/records/incident.ts'
import type { BotApi } from '../../../manager-bot/chat/bot-api.ts'
import { openReach, type Reach } from '../../../manager-bot/chat/reach.ts'
import { eventually } from '../../helpers/eventually.ts'
import { fastClock } from '../../helpers/fast-clock.ts'
import { type VirtualClock, virtualClock } from '../../helpers/memory-docker/virtual-clock.ts'
import { type ChatBench, chatBench } from './chat-bench.ts'

const never = new AbortController().signal

describe('by its own calls', () => {
  let clock: VirtualClock
  let answer: () => Promise<unknown>
  let back: number
  let reach: Reach

  beforeEach(() => {
    clock = virtualClock()
    answer = async () => true
    back = 0
    const api = { call: () => answer(), download: vi.fn() } as unknown as BotApi
    const onBack = () => {
      back += 1
    }
    reach = openReach(api, { clock, onBack })
  })

  const call = (signal?: AbortSignal) => reach.api.call('getMe', {}, signal ? { signal } : {}).catch(() => undefined)
  const fails = (error: Error) => async () => {
    throw error
  }
  const refusal = (error_code: number) => fails(new TelegramError({ error_code, description: 'no' }))
  const callFor = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10_000) {
      await call()
      await clock.pass(10_000)
    }
  }
  const state = async () => (await reach.look.look(never)).state

  test('it is away when no call was answered for more than two minutes', async () => {
    answer = fails(new Error('ECONNRESET'))
    await callFor(120_000)
    expect(await state()).toBe('good')
    await callFor(10_000)
    expect(await state()).toBe('bad')
    answer = refusal(502)
    await callFor(60_000)
    expect(await state()).toBe('bad')
    answer = async () => true
    await callFor(20_000)
    expect(await state()).toBe('good')
    expect(back).toBe(1)
  })

  test.each([401, 409, 429])('a refusal by %d is an answer', async (code) => {
    answer = refusal(code)
    await callFor(300_000)
    expect(await state()).toBe('good')
    expect(back).toBe(0)
  })

  test('a long poll that was given up says nothing of the time before the last answer', async () => {
    answer = () => clock.sleep(110_000).then(fails(new Error('no answer')))
    const polling = call()
    await clock.pass(100_000)
    answer = async () => true
    await call()
    await clock.pass(60_000)
    await polling
    expect(await state()).toBe('good')
    await clock.pass(70_000)
    expect(await state()).toBe('bad')
  })

  test('calls that the end of the process cuts off are no outage', async () => {
    answer = fails(new Error('aborted'))
    await call(AbortSignal.abort())
    await clock.pass(300_000)
    expect(await state()).toBe('good')
  })
})

describe('in a manager', () => {
  let bench: ChatBench

  afterEach(() => bench.close())

  test('an outage is one incident, which is over with the first answer', async () => {
    bench = await chatBench({ clock: fastClock(60) })
    const chat = await bench.start()
    const stop = new AbortController()
    const watching = watchHost(bench.engine, { also: [chat.telegramLook], signal: stop.signal })
    const told = () => bench.engine.database.read.findBy(IncidentSchema, { fingerprint: 'telegram' })
    const back = bench.sandbox.fail({ reset: true })
    await eventually(async () => expect(await told()).toMatchObject([{ state: 'open' }]))
    back()
    const over = { state: 'ended', detail: { end: 'Telegram answers again' } }
    await eventually(async () => expect(await told()).toMatchObject([over]))
    stop.abort()
    await watching
  })
})
