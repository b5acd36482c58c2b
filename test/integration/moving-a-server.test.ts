import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  backUpState,
  botStatus,
  type EngineSettings,
  importBackup,
  lookAtOperation,
  makeRecoveryKey,
  type Operation,
  openEngine,
  recover,
  requestRestore,
} from '../../deploy-engine/index.ts'
import { removeAll } from '../helpers/docker.ts'
import { quietLog } from '../helpers/engine.ts'
import { openBackup } from '../helpers/open-backup.ts'
import { rowsBot } from '../helpers/rows-bot.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'

// docs/moving-a-server.md, from a server that is gone: what is left are files that were taken elsewhere, and a key.

let before: TalkativeBench
let elsewhere: string

beforeAll(async () => {
  elsewhere = await mkdtemp(join(tmpdir(), 'tbs-moved-'))
  before = await talkativeBench('my-bot')
})

afterAll(async () => {
  await before?.close()
  await rm(elsewhere, { recursive: true, force: true })
})

test('what the manager knew, and a bot with its data, are there again on an empty server', async () => {
  const { bench, repo, operate } = before
  const { engine, settings } = bench
  const { identity } = await makeRecoveryKey(engine, false)
  await repo.commit('main', rowsBot({ says: 'one' }))
  expect(await operate({ kind: 'deploy', args: { ref: 'main' } })).toMatchObject({ state: 'succeeded' })
  expect(await operate({ kind: 'stop', args: {} })).toMatchObject({ state: 'succeeded' })
  const state = await backUpState(engine, 'asked', AbortSignal.timeout(60_000))
  const { outcome } = await operate({ kind: 'backup', args: {} })
  const taken = { state: join(elsewhere, 'host.tar.gz.age'), bot: join(elsewhere, 'my-bot.tar.gz.age') }
  await cp(join(settings.dataDir, state.file), taken.state)
  await cp(join(settings.dataDir, outcome?.backup?.file ?? ''), taken.bot)
  await removeAll(settings.instance)

  const key = join(elsewhere, 'recovery-key')
  await writeFile(key, `${identity.reveal()}\n`, { mode: 0o600 })
  const now = await placed((await openBackup(taken.state, key)).directory, settings)
  const { engine: next, close } = await openEngine(now, { log: quietLog })
  try {
    await recover(next)
    expect(await botStatus(next, 'my-bot')).toMatchObject({ release: { number: 1 } })
    // The server's own key came along, so that no other is needed.
    const { id } = await importBackup(next, { file: taken.bot, signal: AbortSignal.timeout(60_000) })
    const { operation } = await requestRestore(next, { bot: 'my-bot', backup: id, requestedBy: 'test' })
    await lookAtOperation(next, operation.id)
    const ended = await next.database.read.findOneByOrFail<Operation>('operation', { id: operation.id })
    expect({ state: ended.state, error: ended.outcome?.error }).toEqual({ state: 'succeeded', error: undefined })
    const { release } = await botStatus(next, 'my-bot')
    expect(release).toMatchObject({ number: 2, proof: 'live' })
    const counted = ['node', '--no-warnings', 'count.js']
    const { output } = await next.docker.exec(release?.containerId ?? '', counted, AbortSignal.timeout(20_000))
    const { check, lives } = JSON.parse(output.trim().split('\n').at(-1) ?? '')
    expect(check).toBe('ok')
    expect(lives.length).toBe(2)
  } finally {
    await close()
  }
})

/** As the guide puts the parts of a backup of the manager into their places. */
const placed = async (opened: string, settings: EngineSettings): Promise<EngineSettings> => {
  const dataDir = join(elsewhere, 'var')
  const keyFile = join(elsewhere, 'master.key')
  await mkdir(dataDir, { mode: 0o700 })
  await cp(join(opened, 'tbs.sqlite'), join(dataDir, 'tbs.sqlite'))
  await cp(join(opened, 'keys/master.key'), keyFile)
  await cp(join(opened, 'keys/backups.age'), `${keyFile}.age`)
  await cp(join(opened, 'keys/recovery.pub'), `${keyFile}.recovery`)
  return { ...settings, dataDir, keyFile }
}
