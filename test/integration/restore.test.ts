import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addBot,
  botStatus,
  importBackup,
  makeRecoveryKey,
  type Operation,
  requestRestore,
  requestRestoreUndo,
  Secret,
} from '../../deploy-engine/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { workbench } from '../helpers/engine.ts'
import { DATA, POISON, rowsBot } from '../helpers/rows-bot.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'

// Issue 6: a bot writes to SQLite in a volume, is backed up under its writes, loses its data and has it again.

let bench: TalkativeBench['bench']
let repo: TalkativeBench['repo']
let operate: TalkativeBench['operate']
let close = async () => {}
let recoveryKey: Secret

beforeAll(async () => {
  ;({ bench, repo, operate, close } = await talkativeBench('my-bot'))
  recoveryKey = (await makeRecoveryKey(bench.engine, false)).identity
  await repo.commit('main', rowsBot({ says: 'one' }))
  expect(await operate({ kind: 'deploy', args: { ref: 'main' } })).toMatchObject({ state: 'succeeded' })
})

afterAll(() => close())

type Lives = { check: string; lives: number[] }

const inside = async (command: string[], { engine } = bench, bot = 'my-bot'): Promise<string> => {
  const { release } = await botStatus(engine, bot)
  const { output } = await engine.docker.exec(release?.containerId ?? '', command, AbortSignal.timeout(20_000))
  return output.trim()
}

const lives = async (where = bench, bot = 'my-bot'): Promise<Lives> =>
  JSON.parse((await inside(['node', '--no-warnings', 'count.js'], where, bot)).split('\n').at(-1) ?? '')

const total = ({ lives: counts }: Lives): number => counts.reduce((sum, count) => sum + count, 0)

const restored = async (backup?: number): Promise<Operation> => {
  const request = { bot: 'my-bot', requestedBy: 'test', ...(backup !== undefined && { backup }) }
  return bench.carryOut((await requestRestore(bench.engine, request)).operation)
}

const backedUp = async (): Promise<{ id: number; path: string; least: number; most: number }> => {
  const least = total(await lives())
  const { state, outcome } = await operate({ kind: 'backup', args: {} })
  expect({ state, error: outcome?.error }).toEqual({ state: 'succeeded', error: undefined })
  const { id = 0, file = '' } = outcome?.backup ?? {}
  return { id, path: join(bench.settings.dataDir, file), least, most: total(await lives()) }
}

test('rows are again those of the backup, in new volumes; what was there can be had back', async () => {
  const { id, least, most } = await backedUp()
  const before = await objectsOf(bench.settings.instance)
  // Its writer goes on into what is no database any more, and may end for it: that is the point.
  await inside(['sh', '-c', `head -c 100000 /dev/urandom > ${DATA}/rows.sqlite; echo lost > ${DATA}/only-now`])

  const { state, outcome } = await restored(id)
  expect({ state, error: outcome?.error }).toEqual({ state: 'succeeded', error: undefined })
  const found = await lives()
  expect(found.check).toBe('ok')
  // All but the last life are of before the restore.
  const then = total(found) - (found.lives.at(-1) ?? 0)
  expect(then).toBeGreaterThanOrEqual(least)
  expect(then).toBeLessThanOrEqual(most)
  expect(await inside(['ls', DATA])).not.toContain('only-now')
  expect(outcome?.restored).toMatchObject({ bot: 'my-bot', volumes: [DATA], from: 1 })
  expect(outcome?.backup?.id).toBeGreaterThan(id)
  const { volumes = [] } = await objectsOf(bench.settings.instance)
  expect(volumes).toEqual(expect.arrayContaining(before.volumes ?? []))
  expect(volumes).toHaveLength((before.volumes ?? []).length + 1)

  const later = await operate({ kind: 'restart', args: {} })
  expect(later.state).toBe('succeeded')
  expect((await lives()).lives.length).toBe(found.lives.length + 1)
})

test('a restore whose version does not work leaves what runs, and its data, untouched', async () => {
  await inside(['touch', POISON])
  const { id } = await backedUp()
  await inside(['rm', POISON])
  const before = await objectsOf(bench.settings.instance)
  const { release } = await botStatus(bench.engine, 'my-bot')
  const rowsBefore = await lives()

  const { state, outcome } = await restored(id)
  expect(state).toBe('failed')
  expect(outcome?.error).toMatchObject({ code: 'exited' })
  expect(outcome?.running).toBe(release?.number)
  expect((await botStatus(bench.engine, 'my-bot')).release?.containerId).toBe(release?.containerId)
  expect(await objectsOf(bench.settings.instance)).toEqual(before)
  const rowsAfter = await lives()
  expect(rowsAfter.check).toBe('ok')
  // The same container is started again, which is one more life of its program.
  expect(rowsAfter.lives.slice(0, rowsBefore.lives.length - 1)).toEqual(rowsBefore.lives.slice(0, -1))
  expect(total(rowsAfter)).toBeGreaterThanOrEqual(total(rowsBefore))
})

test('what a restore replaced comes back with “undo”, and goes again the same way', async () => {
  const { id, most } = await backedUp()
  await inside(['touch', `${DATA}/only-now`])
  expect((await restored(id)).state).toBe('succeeded')
  expect(await inside(['ls', DATA])).not.toContain('only-now')
  const undo = async () =>
    bench.carryOut((await requestRestoreUndo(bench.engine, { bot: 'my-bot', requestedBy: 'test' })).operation)

  expect(await undo()).toMatchObject({ state: 'succeeded' })
  expect(await inside(['ls', DATA])).toContain('only-now')
  expect(total(await lives())).toBeGreaterThanOrEqual(most)
  expect(await undo()).toMatchObject({ state: 'succeeded' })
  expect(await inside(['ls', DATA])).not.toContain('only-now')
})

test('beside it, under another name, a bot that was not deployed yet has its data', async () => {
  const { id, least, most } = await backedUp()
  const twin = bench.sandbox.addBot({ username: 'twin_fixture_bot' })
  await addBot(bench.engine, { name: 'twin', repo: repo.url, token: new Secret(twin.token) })
  const ben = bench.sandbox.addPerson({ name: 'Ben' })
  const talking = setInterval(() => bench.sandbox.say(ben.id, twin.username, 'hello'), 500)
  const request = { bot: 'twin', backup: id, requestedBy: 'test' }
  const { state, outcome } = await bench.carryOut((await requestRestore(bench.engine, request)).operation)
  clearInterval(talking)
  expect({ state, error: outcome?.error }).toEqual({ state: 'succeeded', error: undefined })
  const found = await lives(bench, 'twin')
  const then = total(found) - (found.lives.at(-1) ?? 0)
  expect(then).toBeGreaterThanOrEqual(least)
  expect(then).toBeLessThanOrEqual(most)
  // It is deployed by now, and would lose what is its own.
  await expect(requestRestore(bench.engine, request)).rejects.toMatchObject({ code: 'other_bot' })
})

test('a damaged file changes nothing', async () => {
  const { id, path } = await backedUp()
  const before = await objectsOf(bench.settings.instance)
  const bytes = await readFile(path)
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1
  await writeFile(path, bytes)
  const { state, outcome } = await restored(id)
  expect(state).toBe('failed')
  expect(outcome?.error?.code).toMatch(/^backup_(altered|cut)$/)
  expect(await objectsOf(bench.settings.instance)).toEqual(before)
  await rm(path)
  await expect(restored(id)).rejects.toMatchObject({ code: 'backup_gone' })
})

test('another installation has the bot, with nothing but the file and the recovery key', async () => {
  const { path, least, most } = await backedUp()
  expect((await operate({ kind: 'stop', args: {} })).state).toBe('succeeded')
  const other = await workbench({ sandbox: bench.sandbox })
  try {
    const signal = AbortSignal.timeout(60_000)
    await expect(importBackup(other.engine, { file: path, signal })).rejects.toMatchObject({ code: 'wrong_key' })
    const backup = await importBackup(other.engine, { file: path, key: recoveryKey, signal })
    const { operation } = await requestRestore(other.engine, { bot: 'my-bot', backup: backup.id, requestedBy: 'test' })
    const { state, outcome } = await other.carryOut(operation)
    expect({ state, error: outcome?.error }).toEqual({ state: 'succeeded', error: undefined })
    const found = await lives(other)
    expect(found.check).toBe('ok')
    const then = total(found) - (found.lives.at(-1) ?? 0)
    expect(then).toBeGreaterThanOrEqual(least)
    expect(then).toBeLessThanOrEqual(most)
  } finally {
    await other.close()
  }
})

test('a bot that was removed with its data is there again, from its last backup', async () => {
  const { state, outcome } = await operate({ kind: 'remove', args: { data: true } })
  expect({ state, error: outcome?.error }).toEqual({ state: 'succeeded', error: undefined })
  await expect(botStatus(bench.engine, 'my-bot')).rejects.toMatchObject({ code: 'unknown_bot' })

  const back = await restored()
  expect({ state: back.state, error: back.outcome?.error }).toEqual({ state: 'succeeded', error: undefined })
  expect((await lives()).check).toBe('ok')
  expect(back.outcome?.restored).toMatchObject({ bot: 'my-bot', volumes: [DATA] })
})
