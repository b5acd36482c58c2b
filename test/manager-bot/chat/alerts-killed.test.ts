import { expect, test } from 'vitest'
import { type IncidentMessage, IncidentMessageSchema } from '../../../manager-bot/chat/records/incident-message.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type LeapClock, leapClock } from '../../helpers/leap-clock.ts'
import { alertsTo, change, crash, end, HOUR, MINUTE, sign } from './alert-bench.ts'
import { type ChatBench, chatBench, MANAGER, OWNER } from './chat-bench.ts'

// One night, and a death at each of its lines: before a transaction, after its commit, and when Telegram has taken a
// message and the answer is not there yet. What was on its way then may come twice, nothing else.

type Line = 'before a transaction' | 'after a transaction' | 'when a message is there'

type Death = { line: Line; resent: boolean } | undefined

const KEPT_WITHIN_MS = 1_000

/** Kills the manager at its `number`th line from now on, and has another one take over. */
const dieAt = (bench: ChatBench, number: number) => {
  let lines = 0
  let isAside = false
  let unkept = false
  let arrivedAt = Number.NEGATIVE_INFINITY
  let death: Death
  let another: Promise<unknown> = Promise.resolve()
  const isLast = (line: Line): boolean => {
    if (death) return true
    if (isAside) return false
    lines += 1
    if (lines !== number) return false
    // Another transaction than its own may have ended since it came.
    death = { line, resent: unkept || performance.now() - arrivedAt < KEPT_WITHIN_MS }
    another = bench.die()
    return true
  }
  const { database } = bench.engine
  const { transaction } = database
  database.transaction = async (work) => {
    if (isLast('before a transaction')) return new Promise(() => {})
    const result = await transaction(work)
    unkept = false
    return isLast('after a transaction') ? new Promise(() => {}) : result
  }
  bench.sandbox.onChange((event) => {
    if (event.type !== 'message' || !event.message.from.is_bot || death) return
    unkept = true
    arrivedAt = performance.now()
    isLast('when a message is there')
  })
  return {
    /** What the engine itself does is not among them. */
    aside: async <T>(work: () => Promise<T>): Promise<T> => {
      await another
      isAside = true
      return work().finally(() => {
        isAside = false
      })
    },
    /** The night is over: it dies no more. */
    rest: async (): Promise<Death> => {
      await another
      isAside = true
      return death
    },
  }
}

const nightWithDeathAt = async (number: number): Promise<Death> => {
  const clock = leapClock()
  const bench = await chatBench({ clock })
  try {
    bench.sandbox.privateChat(OWNER, MANAGER)
    await bench.start()
    await bench.register('ada')
    const { aside, rest } = dieAt(bench, number)
    const failed = await night(bench, clock, aside).catch((error: unknown) => error)
    const death = await rest()
    if (failed) throw new Error(`killed at line ${number}: ${JSON.stringify(death)}`, { cause: failed })
    check(bench, death)
    return death
  } finally {
    await bench.close()
  }
}

type Aside = ReturnType<typeof dieAt>['aside']

const night = async (bench: ChatBench, clock: LeapClock, aside: Aside): Promise<void> => {
  const seen = (what: string, look: () => boolean) => bench.sandbox.waitFor(look, { what, timeout: 8000 })
  const alert = (text: string) => () => alertsTo(bench).some((message) => message.text.includes(text))
  // What happens before it is written down that a message was sent, is another matter: nobody knows of that message.
  const kept = (incidentId: number, written: Partial<IncidentMessage>) =>
    eventually(async () => {
      const row = await bench.engine.database.read.findOneBy(IncidentMessageSchema, { incidentId })
      expect(row).toMatchObject(written)
    })
  const { id } = await aside(() => crash(bench, 'ada'))
  await kept(id, { messageId: expect.any(Number) })
  await aside(() => end(bench, id))
  await seen('its end', alert('✓ over: ada crashed'))
  await kept(id, { state: 'over', overTold: true })
  await aside(() => crash(bench, 'ada'))
  // Edits come seldom.
  clock.leap(2000)
  await seen('that it is back', alert('ada crashed 2 times'))
  await kept(id, { state: 'open' })
  clock.leap(HOUR + MINUTE)
  await seen('the reminder', () => said(bench, /^Not over yet/).length > 0)
  await kept(id, { remindedAt: expect.any(Number) })
  await aside(() => end(bench, id))
  await seen('its second end', alert('✓ over: ada crashed 2 times'))
  await kept(id, { state: 'over' })
  // Absorbed after it was told: taken back.
  const other = await aside(() => sign(bench, null, { detail: { found: 'Disk almost full' } }))
  await kept(other.id, { messageId: expect.any(Number) })
  await aside(() => change(bench, other.id, { partOf: id }))
  await seen('it is taken back', () => bench.said().some(({ text, deleted }) => deleted && text.startsWith('Disk')))
}

const said = (bench: ChatBench, what: RegExp) => bench.said().filter(({ text, deleted }) => !deleted && what.test(text))

const check = (bench: ChatBench, death: Death): void => {
  const counts = [/ · incident 1$/m, /^ada — over/, /^Not over yet/].map((what) => said(bench, what).length)
  const left = said(bench, /^Disk almost full/).length
  const twice = counts.reduce((sum, count) => sum + count - 1, left)
  expect({ death, counts, twice: twice <= (death?.resent ? 1 : 0) }).toEqual({ death, counts, twice: true })
}

test('killed at any line nothing is lost, and nothing is told twice', async () => {
  const deaths: Exclude<Death, undefined>[] = []
  let number = 0
  // How many lines a night has differs a little.
  let survived = 0
  const nights = async (): Promise<void> => {
    while (survived < 4) {
      number += 1
      const death = await nightWithDeathAt(number)
      if (death) deaths.push(death)
      else survived += 1
    }
  }
  await Promise.all([nights(), nights(), nights(), nights()])
  const resent = deaths.filter((death) => death.resent).length
  console.log(`killed ${deaths.length} times, ${resent} of them with a message on its way`)
  expect(new Set(deaths.map(({ line }) => line)).size).toBe(3)
}, 240_000)
