import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxMessage } from '../../telegram-sandbox/index.ts'
import { addIdleBot, type DeployedBot, deployedBot } from '../helpers/deployed-bot.ts'
import { type Installation, OWNER } from '../helpers/installation.ts'
import { journalSays, lastStep, rows } from '../helpers/journal.ts'
import { load } from '../helpers/load.ts'
import { addSecondOwner, PETRA } from '../helpers/second-owner.ts'
import { onlyRuns, truth } from '../helpers/truth.ts'

// faults.md, row 11, and several bots at once.

const VISITOR = { id: 2002, name: 'Vera' }

/** Its build takes a while and prints when it began and ended, in ms since the epoch. */
const timed = (seconds: number) => ({
  Dockerfile: [
    'FROM node:24-bookworm-slim',
    'WORKDIR /app',
    'COPY . .',
    `RUN echo begin $(date +%s%3N); sleep ${seconds}; echo end $(date +%s%3N)`,
    'CMD ["node", "bot.js"]',
  ].join('\n'),
})

let my: DeployedBot
let here: Installation

beforeAll(async () => {
  my = await deployedBot()
  here = my.here
  await addSecondOwner(here)
})

afterAll(() => here.close())

test('row 11: of three deploys by two people the second gives way, and each is told in the own chat', async () => {
  for (const says of ['one', 'two', 'three']) await my.branch(says, { says }, timed(3))
  const visitor = load(here.sandbox, my.bot, VISITOR)
  const before = await lastOperation()
  const began = Date.now()
  const steps = await lastStep(here.dataDir)
  const first = here.say('/deploy my-bot one')
  await journalSays(here.dataDir, { name: 'build', state: 'started' }, steps)
  const second = here.say('/deploy my-bot two', PETRA)
  await here.reads(/Queued; one operation first/, { after: second, person: PETRA })
  const third = here.say('/deploy my-bot three')
  const gaveWay = await here.reads(/superseded/, { after: second, person: PETRA })
  expect(Date.now() - began).toBeLessThan(5_000)
  await here.reads(/^Deployed my-bot at three.*v3 .* is live/s, { after: third, timeout: 120_000 })
  const result = await visitor.stop()

  expect(gaveWay.text).toContain(`Not begun: #${before + 3} took its place.`)
  expect(await endsAfter(before)).toEqual(['succeeded', 'superseded', 'succeeded'])
  expect(headlines(OWNER, first)).toEqual(['Deployed my-bot at one', 'Deployed my-bot at three'])
  expect(headlines(PETRA, second)).toEqual(['Deploy of my-bot at two superseded'])
  expect(result).toMatchObject({ lost: 0, repeated: 0, conflicts: 0, voices: ['base', 'one', 'three'] })
  expect(await truth(my)).toEqual(onlyRuns('three', 3))
})

test('three bots at once: one build at a time, everything else side by side, each bot in its order', async () => {
  const others = [
    await addIdleBot(here, 'bot-two', { says: 'base' }),
    await addIdleBot(here, 'bot-three', { says: 'base' }),
  ]
  const bots = [my, ...others]
  for (const bot of bots) for (const says of ['first', 'then']) await bot.branch(says, { says }, timed(1))
  const visitors = bots.map(({ bot }, index) => load(here.sandbox, bot, { id: 3000 + index, name: `Visitor ${index}` }))
  const [before, steps] = [await lastOperation(), await lastStep(here.dataDir)]
  for (const { name } of bots) here.say(`/deploy ${name} first`)
  await allFetched(bots.length, steps)
  const asked = bots.map(({ name }) => here.say(`/deploy ${name} then`))
  for (const [index, { name }] of bots.entries()) {
    await here.reads(new RegExp(`^Deployed ${name} at then.*is live`, 's'), {
      timeout: 150_000,
      ...(asked[index] && { after: asked[index] }),
    })
  }
  const results = await Promise.all(visitors.map((visitor) => visitor.stop()))

  expect(results.map(({ lost, conflicts }) => ({ lost, conflicts }))).toEqual(
    bots.map(() => ({ lost: 0, conflicts: 0 })),
  )
  const done = await operationsAfter(before)
  expect(done.map(({ state }) => state)).toEqual(Array(6).fill('succeeded'))
  const builds = await Promise.all(done.map(({ id, name }) => buildTime(name, id)))
  expect(overlaps(builds)).toBe(0)
  expect(overlaps(done)).toBeGreaterThan(3)
  for (const { name } of bots) expect(overlaps(done.filter((operation) => operation.name === name)), name).toBe(0)
  for (const bot of bots) expect(await bot.ask('who'), bot.name).toBe('then')
})

test('what is queued when the manager is killed runs after the restart by itself', async () => {
  await my.branch('deaf', { says: 'deaf', deaf: true })
  await my.branch('last', { says: 'last' })
  const [before, steps] = [await lastOperation(), await lastStep(here.dataDir)]
  here.say('/deploy my-bot deaf')
  await journalSays(here.dataDir, { name: 'gate', state: 'started' }, steps)
  const queued = here.say('/deploy my-bot last', PETRA)
  await here.reads(/Queued; one operation first/, { after: queued, person: PETRA })
  await here.kill()
  await here.start()
  const live = here.reads(/^Deployed my-bot at last.*is live/s, { after: queued, person: PETRA, timeout: 120_000 })
  const { text } = await here.whileTalkingTo(my.bot, live)

  expect(await endsAfter(before)).toEqual(['failed', 'succeeded'])
  expect(await truth(my)).toEqual(onlyRuns('last', Number(/v(\d+) /.exec(text)?.[1])))
})

type Done = { id: number; name: string; state: string; startedAt: number; endedAt: number }

const operationsAfter = (id: number): Promise<Done[]> => {
  const columns = 'operations.id, name, state, started_at AS startedAt, ended_at AS endedAt'
  const query = `SELECT ${columns} FROM operations JOIN bots ON bots.id = bot_id WHERE operations.id > ? ORDER BY 1`
  return rows<Done>(here.dataDir, query, [id])
}

const endsAfter = async (id: number) => (await operationsAfter(id)).map(({ state }) => state)

const lastOperation = async (): Promise<number> => {
  const [found] = await rows<{ id: number }>(here.dataDir, 'SELECT max(id) AS id FROM operations')
  return found?.id ?? 0
}

/** A deploy that has begun is not superseded. */
const allFetched = async (count: number, after: number): Promise<void> => {
  const query = "SELECT id FROM steps WHERE name = 'fetch' AND state = 'done' AND id > ?"
  while ((await rows(here.dataDir, query, [after])).length < count) await journalSays(here.dataDir, FETCHED, after)
}

const FETCHED = { name: 'fetch', state: 'done' }

const buildTime = async (name: string, operation: number) => {
  const log = await readFile(join(here.dataDir, 'logs', name, `build-${operation}.log`), 'utf8')
  const at = (word: string) => Number(new RegExp(`${word} (\\d{13})`).exec(log)?.[1])
  return { startedAt: at('begin'), endedAt: at('end') }
}

/** How many pairs of them were under way at the same time; a time that is missing counts as a pair. */
const overlaps = (times: { startedAt: number; endedAt: number }[]): number =>
  times.flatMap((one, index) =>
    times.slice(index + 1).filter((other) => !(other.startedAt >= one.endedAt || one.startedAt >= other.endedAt)),
  ).length

/** First lines of the messages that show operations in a person's chat. */
const headlines = (person: number, { message_id }: SandboxMessage): string[] =>
  here.sandbox
    .conversation(here.manager.username, person)
    .filter((one) => one.from.is_bot && one.message_id > message_id)
    .flatMap(({ text }) => /^(.*) · #\d+/.exec(text)?.[1] ?? [])
