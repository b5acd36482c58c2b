import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backupList } from '../../deploy-engine/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { type TalkativeBench, talkativeBench } from '../helpers/talkative-bench.ts'
import { writingBot } from '../helpers/writing-bot.ts'

// faults.md, row 9, for a backup: the disk is full before it begins, and fills up while it copies.

const run = promisify(execFile)
const MIB = 1024 * 1024

let bench: TalkativeBench['bench']
let operate: TalkativeBench['operate']
let close = async () => {}
let spools: string

beforeAll(async () => {
  const opened = await talkativeBench('my-bot')
  ;({ bench, operate, close } = opened)
  await opened.repo.commit('main', writingBot({ says: 'one' }, 100))
  expect((await operate({ kind: 'deploy', args: { ref: 'main' } })).outcome?.error).toBeUndefined()
  // Only what is copied: the journal of SQLite stays where there is room.
  spools = join(bench.settings.dataDir, 'tmp')
  await mkdir(spools, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', spools])
}, 120_000)

afterAll(async () => {
  await run('umount', ['--lazy', spools])
  await close()
})

const backUp = () => operate({ kind: 'backup', args: {} })

const expectUntouched = async () => {
  const [container] = await docker.listContainers({ filters: { label: [`tbs.instance=${bench.settings.instance}`] } })
  expect(container?.State).toBe('running')
  expect((await objectsOf(bench.settings.instance)).containers).toHaveLength(1)
  expect(await bench.engine.files.names(spools)).toEqual([])
  expect(await bench.engine.files.names(join(bench.settings.dataDir, 'backups/my-bot'))).toEqual([])
  expect(await backupList(bench.engine)).toEqual([])
}

test('a disk that fills up while it is copied: it fails by name, the bot goes on, nothing is left', async () => {
  const { state, outcome } = await backUp()
  expect({ state, code: outcome?.error?.code }).toEqual({ state: 'failed', code: 'disk_full' })
  expect(outcome?.running).toBe(1)
  await expectUntouched()
})

test('without room it is refused before the bot is frozen, and so is the deploy that it belongs to', async () => {
  const { freeDisk } = bench.engine.files
  bench.engine.files.freeDisk = async (path) => ({ ...(await freeDisk(path)), freeBytes: 400 * MIB })
  const { outcome } = await backUp()
  expect(outcome?.error?.message).toMatch(/A backup of my-bot needs up to \d+ MB while it is made, and only 400 MB/)
  const deploy = await operate({ kind: 'deploy', args: { ref: 'main' } })
  expect(deploy.outcome).toMatchObject({ running: 1, error: { code: 'disk_full' } })
  expect(deploy.outcome?.error?.hint).toContain('Or without a backup: /deploy my-bot main --nobackup')
  bench.engine.files.freeDisk = freeDisk
  await expectUntouched()
})
