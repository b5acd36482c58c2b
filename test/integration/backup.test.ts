import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backupList, botStatus, recover } from '../../deploy-engine/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { askSqlite, openBackup } from '../helpers/open-backup.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'
import { writingBot } from '../helpers/writing-bot.ts'

const MEGABYTES = 200
/** The promise is 600 ms for 100 MB; a machine that does other things at the same time is forgiven this much. */
const MOST_MS_FOR_100_MB = 1_800

let bench: TalkativeBench['bench']
let repo: TalkativeBench['repo']
let operate: TalkativeBench['operate']
let close = async () => {}

beforeAll(async () => {
  ;({ bench, repo, operate, close } = await talkativeBench('my-bot'))
  await repo.commit('main', writingBot({ says: 'one' }, MEGABYTES))
  expect((await operate({ kind: 'deploy', args: { ref: 'main' } })).outcome?.error).toBeUndefined()
}, 120_000)

afterAll(() => close())

const containerOf = async () => {
  const { release } = await botStatus(bench.engine, 'my-bot')
  return docker.getContainer(release?.containerId ?? '')
}

const rowsInside = async (): Promise<number> => {
  const script =
    'const { DatabaseSync } = require("node:sqlite"); ' +
    'console.log(new DatabaseSync("/app/data/bot.db").prepare("SELECT count(*) AS n FROM one").get().n)'
  const { id } = await containerOf()
  const { signal } = new AbortController()
  return Number((await bench.engine.docker.exec(id, ['node', '-e', script], signal)).output)
}

const leftOvers = async () => ({
  paused: (await (await containerOf()).inspect()).State.Paused,
  spools: await bench.engine.files.names(join(bench.settings.dataDir, 'tmp')),
  objects: await objectsOf(bench.settings.instance),
  unknown:
    (await bench.engine.files.names(join(bench.settings.dataDir, 'backups/my-bot'))).length - (await all()).length,
})

const all = () => backupList(bench.engine, 'my-bot')

/** Does something as soon as the bot is frozen. */
const onceFrozen = async (what: () => Promise<unknown>): Promise<void> => {
  const container = await containerOf()
  for (const limit = Date.now() + 30_000; !(await container.inspect()).State.Paused; ) {
    if (Date.now() > limit) throw new Error('the bot was never frozen')
  }
  await what()
}

test('what a bot under writes had at one moment is in the file; the bot goes on', { timeout: 120_000 }, async () => {
  const before = { ...(await leftOvers()), rows: await rowsInside() }
  const { outcome, state } = await operate({ kind: 'backup', args: {} })
  expect(outcome?.error).toBeUndefined()
  expect(state).toBe('succeeded')
  const [made] = await all()
  expect((await stat(made?.path ?? '')).mode & 0o777).toBe(0o600)
  const pausedMs = outcome?.backup?.pausedMs ?? Number.NaN
  console.log(`frozen for ${Math.round(pausedMs)} ms, ${Math.round((pausedMs / MEGABYTES) * 100)} ms for 100 MB`)
  expect(pausedMs).toBeLessThan((MEGABYTES / 100) * MOST_MS_FOR_100_MB)

  const opened = await openBackup(made?.path ?? '', `${bench.settings.keyFile}.age`)
  try {
    expect(opened.manifest).toMatchObject({ bot: { name: 'my-bot' }, cause: 'asked', release: { number: 1 } })
    const database = join(opened.volumes[0] ?? '', 'bot.db')
    expect(await askSqlite(database, 'PRAGMA integrity_check')).toBe('ok')
    const [one, other, last] = (
      await askSqlite(database, 'SELECT count(*), (SELECT count(*) FROM other), max(id) FROM one')
    ).split('|')
    expect([other, last]).toEqual([one, one])
    expect(Number(one)).toBeGreaterThanOrEqual(before.rows)
    const { size } = await stat(join(opened.volumes[0] ?? '', 'part-0'))
    expect(size).toBe(10_000_000)
    const { uid, gid } = await stat(database)
    expect([uid, gid]).toEqual([1000, 1000])
    expect(await rowsInside()).toBeGreaterThan(Number(one))
  } finally {
    await rm(opened.directory, { recursive: true })
  }
  const { rows: _, ...clean } = before
  expect(await leftOvers()).toEqual(clean)
  const { container } = await botStatus(bench.engine, 'my-bot')
  expect(container).toMatchObject({ running: true, paused: false, restarts: 0 })
})

test.each([
  ['killed', async () => (await containerOf()).kill()],
  ['resumed by hand', async () => (await containerOf()).unpause()],
])('%s while it is copied, it gives no backup, and nothing is left', { timeout: 120_000 }, async (_, meddle) => {
  const before = await all()
  const meddling = onceFrozen(meddle)
  const { outcome, state } = await operate({ kind: 'backup', args: {} })
  await meddling
  expect({ state, code: outcome?.error?.code }).toEqual({ state: 'failed', code: 'not_paused' })
  expect(await all()).toEqual(before)
  expect(await leftOvers()).toMatchObject({ paused: false, spools: [], unknown: 0 })
  if (!(await (await containerOf()).inspect()).State.Running) await operate({ kind: 'run', args: {} })
})

test('frozen by hand, it is stopped as gracefully as ever, and resumed when the manager starts', async () => {
  const container = await containerOf()
  await container.pause()
  await recover(bench.engine)
  expect((await container.inspect()).State).toMatchObject({ Running: true, Paused: false })
  await container.pause()
  expect((await operate({ kind: 'stop', args: {} })).state).toBe('succeeded')
  expect((await container.inspect()).State).toMatchObject({ Running: false, ExitCode: 0 })
  expect((await operate({ kind: 'run', args: {} })).state).toBe('succeeded')
})

test('the container is removed while it is copied: no backup, and nothing is left', { timeout: 120_000 }, async () => {
  const before = await all()
  const meddling = onceFrozen(async () => (await containerOf()).remove({ force: true }))
  const { outcome } = await operate({ kind: 'backup', args: {} })
  await meddling
  expect(outcome?.error?.code).toBe('not_paused')
  expect(await all()).toEqual(before)
  expect((await operate({ kind: 'restart', args: {} })).state).toBe('succeeded')
  expect(await leftOvers()).toMatchObject({ paused: false, spools: [], unknown: 0 })
})

test('a removal with all data leaves a last backup of it', { timeout: 120_000 }, async () => {
  const { outcome } = await operate({ kind: 'remove', args: { data: true } })
  const [last] = await all()
  expect(outcome).toMatchObject({ backup: { id: last?.id }, removed: { kept: [] } })
  expect(last).toMatchObject({ cause: 'remove', botId: null, state: 'good' })
  const opened = await openBackup(last?.path ?? '', `${bench.settings.keyFile}.age`)
  expect(await askSqlite(join(opened.volumes[0] ?? '', 'bot.db'), 'PRAGMA integrity_check')).toBe('ok')
  expect(Object.keys(opened.secrets)).toEqual(['token'])
  await rm(opened.directory, { recursive: true })
})
