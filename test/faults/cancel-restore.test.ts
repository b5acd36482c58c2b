import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeployedBot, deployedBot } from '../helpers/deployed-bot.ts'
import { insideBot } from '../helpers/inside-bot.ts'
import { databaseShows, journalSays, lastStep, rows } from '../helpers/journal.ts'
import { sampled } from '../helpers/sampled.ts'
import { onlyRuns, truth } from '../helpers/truth.ts'

// /cancel in every step of a restore: what ran answers, with the data that it had, within 2 s.

/** The promise is 2 s; a machine that does other things at the same time is forgiven this much. */
const SOON_MS = 8_000
/** In them the restore is done, and ends by itself. */
const LATE = ['record', 'prune']

let my: DeployedBot
let backup: string
const measured: string[] = []

beforeAll(async () => {
  my = await deployedBot()
  // So much that reading, copying and unpacking it can be met.
  await inData('head -c 80000000 /dev/urandom > much; echo then > state')
  expect((await my.here.terminal(['backup', 'my-bot'])).code).toBe(0)
  const [made] = await rows<{ id: number }>(my.here.dataDir, 'SELECT max(id) AS id FROM backups')
  backup = String(made?.id)
})

afterAll(async () => {
  console.log(measured.join('\n'))
  await my.here.close()
})

const inData = (command: string) => insideBot(my.here, ['sh', '-c', `cd /app/data && ${command}`])
const state = () => inData('cat state')
const restore = () => my.here.whileTalkingTo(my.bot, my.here.terminal(['restore', 'my-bot', backup]))

const stepsSince = async (before: number): Promise<string[]> => {
  const found = await rows<{ name: string }>(my.here.dataDir, 'SELECT name FROM steps WHERE id > ? ORDER BY id', [
    before,
  ])
  return found.map(({ name }) => name)
}

test('at the beginning of each step that an undisturbed one has', { timeout: 600_000 }, async () => {
  await inData('echo now > state')
  const before = await lastStep(my.here.dataDir)
  const { code, output } = await restore()
  expect(code, output).toBe(0)
  expect(await state()).toBe('then')
  const steps = await stepsSince(before)
  expect(steps).toEqual(expect.arrayContaining(['read', 'copy', 'pack', 'unpack', 'prepare', 'stop', 'start', 'gate']))
  for (const name of sampled(steps)) {
    await inData('echo now > state')
    const { ended, met } = await cancelIn(name)
    expect(ended, name).toBe(LATE.includes(name) ? 'succeeded' : 'cancelled')
    if (!LATE.includes(name)) expect(met.at(-1) === 'undo' ? met.at(-2) : met.at(-1), name).toBe(name)
    expect(await state(), name).toBe(ended === 'succeeded' ? 'then' : 'now')
    // A probe of the watch may be there for a moment.
    await expect.poll(() => truth(my), { timeout: 15_000, message: name }).toEqual(onlyRuns('base', 1))
    const unsettled = await rows(
      my.here.dataDir,
      "SELECT name FROM bot_volumes WHERE filled_by IS NOT NULL OR state = 'new'",
    )
    expect(unsettled, name).toEqual([])
  }
})

/** Restores, cancels at the beginning of a step, and tells how it ended and which steps it had. */
const cancelIn = async (name: string): Promise<{ ended: string | undefined; met: string[] }> => {
  const { here } = my
  const before = await lastStep(here.dataDir)
  const door = restore()
  await journalSays(here.dataDir, { name, state: 'started' }, before)
  here.say('/cancel my-bot')
  const began = Date.now()
  const over =
    "SELECT id FROM operations WHERE kind = 'restore' AND id = (SELECT max(id) FROM operations) AND ended_at > 0"
  await databaseShows(here.dataDir, { query: over, what: `the restore ends that is cancelled in ${name}` })
  const endedMs = Date.now() - began
  await my.ask(`after ${name} ${before}`)
  const answersMs = Date.now() - began
  measured.push(`/cancel in ${name}: over after ${endedMs} ms, a version answers after ${answersMs} ms`)
  if (!LATE.includes(name)) expect(answersMs, name).toBeLessThan(SOON_MS)
  await door
  const [operation] = await rows<{ state: string }>(
    here.dataDir,
    'SELECT state FROM operations ORDER BY id DESC LIMIT 1',
  )
  return { ended: operation?.state, met: await stepsSince(before) }
}
