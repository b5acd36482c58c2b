import { expect, test } from 'vitest'
import { budgetOf, type Priority } from '../../../manager-bot/chat/budget.ts'
import { type Job, openLane } from '../../../manager-bot/chat/lane.ts'
import { quietLog } from '../../helpers/engine.ts'
import { virtualClock } from '../../helpers/memory-docker/virtual-clock.ts'

/** A lane of one private chat; `ask` is what the outbox waits for when it is asked. */
const newLane = () => {
  const clock = virtualClock()
  const outbox: Job[] = []
  const frames: Job[] = []
  const sent: string[] = []
  const database = { ask: async () => {} }
  const lane = openLane({
    clock,
    log: quietLog,
    signal: new AbortController().signal,
    budget: budgetOf(1),
    sources: [
      async () => {
        const [next] = outbox
        await database.ask()
        return next
      },
      async () => frames[0],
    ],
  })
  const add = (jobs: Job[], priority: Priority, text: string) => {
    const deliver = async () => {
      sent.push(text)
      jobs.splice(jobs.indexOf(job), 1)
      return { sent: true, retryMs: 0 }
    }
    const job = { priority, deliver }
    jobs.push(job)
  }
  return { clock, outbox, frames, sent, database, lane, add }
}

test('an answer overtakes a frame that has to wait, also if it came while the database was asked', async () => {
  const { clock, outbox, frames, sent, database, lane, add } = newLane()
  add(frames, 'progress', 'first frame')
  lane.wake()
  await lane.idle()
  add(frames, 'progress', 'second frame')
  database.ask = async () => {
    database.ask = async () => {}
    await Promise.resolve()
    add(outbox, 'result', 'answer')
    lane.wake()
  }
  lane.wake()
  await clock.pass(10)
  expect(sent).toEqual(['first frame', 'answer'])
  await clock.pass(1_500)
  expect(sent).toEqual(['first frame', 'answer', 'second frame'])
})

test('what can not be read is asked for again after five seconds, or when there is news', async () => {
  const { clock, outbox, sent, database, lane, add } = newLane()
  let asked = 0
  database.ask = async () => {
    asked += 1
    throw new Error('SQLITE_IOERR')
  }
  add(outbox, 'result', 'answer')
  lane.wake()
  await clock.pass(4_000)
  expect(asked).toBe(1)
  lane.wake()
  await clock.pass(4_000)
  expect(asked).toBe(2)
  database.ask = async () => {}
  await clock.pass(2_000)
  expect(sent).toEqual(['answer'])
})
