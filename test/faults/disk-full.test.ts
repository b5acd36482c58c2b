import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sqlite3 from 'sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addBot, requestOperation, Secret, TbsError } from '../../deploy-engine/index.ts'
import type { Sandbox, SandboxBot } from '../../telegram-sandbox/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { workbench } from '../helpers/engine.ts'
import { fillDisk } from '../helpers/fill-disk.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type GitRepo, gitRepo } from '../helpers/git-repo.ts'
import { type Installation, OWNER } from '../helpers/installation.ts'
import { installationOn, type OwnDocker, ownDocker } from '../helpers/own-docker.ts'

// faults.md, row 9: the disk is full, of Docker and of the manager's own data.

const run = promisify(execFile)
const QUICK = { 'tbs.yaml': 'gate: { ready: 30s, stable: 1s }\n' }

let own: OwnDocker
let sandbox: Sandbox
let here: Installation
let repo: GitRepo
let bot: SandboxBot

beforeAll(async () => {
  own = await ownDocker({ diskMb: 700 })
  ;({ sandbox, here } = await installationOn(own))
  await mkdir(here.dataDir, { recursive: true })
  await run('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', here.dataDir])
  repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', { ...fixtureBot({ says: 'base' }), ...QUICK })
  bot = await here.addBot('my-bot', repo)
  await expectLive('main', 'base')
})

afterAll(async () => {
  await here.stop()
  await run('umount', ['--lazy', here.dataDir])
  await here.close()
  await sandbox.close()
  await own.close()
})

const expectLive = async (ref: string, voice: string) => {
  const asked = here.say(`/deploy my-bot ${ref}`)
  await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 150_000 }))
  await expectAnswer(voice)
}

const expectAnswer = async (voice: string) => {
  const word = `word ${Math.random()}`
  sandbox.say(OWNER, bot.username, word)
  await sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some(({ text }) => text === `${voice}: ${word}`))
}

/** Whatever is written next to the database needs new blocks of the disk. */
const emptyJournalFile = (dataDir: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const database = new sqlite3.Database(join(dataDir, 'tbs.sqlite'), sqlite3.OPEN_READWRITE)
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA wal_checkpoint(TRUNCATE)', (error) => {
      database.close()
      if (error) reject(error)
      else resolve()
    })
  })

test('a build that fills Docker’s disk fails by name; the running version answers; the next one works', async () => {
  const empty = await fillDisk(own.directory, 20)
  const dockerfile = 'FROM node:24-bookworm-slim\nWORKDIR /app\nRUN dd if=/dev/zero of=/big bs=1M count=100\nCOPY . .\n'
  await repo.commit('big', {
    ...fixtureBot({ says: 'big' }),
    ...QUICK,
    Dockerfile: `${dockerfile}CMD ["node", "bot.js"]\n`,
  })
  const asked = here.say('/deploy my-bot big')
  const message = await here.reads(/Not deployed/, { after: asked, timeout: 120_000 })
  expect(message.text).toMatch(/disk is full|no space left/i)
  expect(message.text).toMatch(/v1 runs on, untouched/)
  await expectAnswer('base')
  await empty()
  const filters = { label: [`tbs.instance=${here.instance}`] }
  expect(await own.docker.listContainers({ all: true, filters })).toHaveLength(1)
  await expectLive('main', 'base')
})

test('too little room for data refuses a deploy before anything is touched', async () => {
  const empty = await fillDisk(here.dataDir, 100)
  const asked = here.say('/deploy my-bot main')
  const message = await here.reads(/Not deployed/, { after: asked, timeout: 120_000 })
  expect(message.text).toMatch(/only \d+ MB are free/)
  expect(message.text).toMatch(/runs on, untouched/)
  await empty()
  await expectAnswer('base')
})

test('a database that can’t be written: it is said, and the command is carried out when there is room', async () => {
  const empty = await fillDisk(here.dataDir, 0)
  const asked = here.say(`/status ${'my-bot'}`)
  await here.reads(/disk of the server is full/, { after: asked, timeout: 30_000 })
  await expectAnswer('base')
  await empty()
  const message = await here.reads(/my-bot .* live/, { after: asked, timeout: 120_000 })
  expect(message.text).toContain('live')
  await expectLive('main', 'base')
})

test('the disk fills up in a gate: the old version is back, and the end is told when there is room', async () => {
  await repo.commit('deaf', fixtureBot({ says: 'deaf', deaf: true }))
  const stopped = own.docker.getContainer((await own.docker.listContainers())[0]?.Id ?? '').wait()
  const asked = here.say('/deploy my-bot deaf')
  await stopped
  await emptyJournalFile(here.dataDir)
  const empty = await fillDisk(here.dataDir, 0)
  sandbox.say(OWNER, bot.username, 'anybody?')
  await sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some(({ text }) => text === 'base: anybody?'), {
    timeout: 120_000,
  })
  await empty()
  const message = await here.reads(/Not deployed/, { after: asked, timeout: 120_000 })
  expect(message.text).toMatch(/was put back and is running/)
})

test('not one line of the journal can be written from the gate on: the old version is back all the same', async () => {
  const bench = await workbench()
  const { engine, sandbox: telegram } = bench
  try {
    const source = await gitRepo(join(bench.directory, 'repo'))
    await source.commit('main', { ...fixtureBot({ says: 'base' }), 'tbs.yaml': 'gate: { ready: 1s, stable: 1s }\n' })
    await source.commit('crashes', fixtureBot({ says: 'never', crash: 'at once' }))
    const { token } = telegram.addBot({ username: 'full_fixture_bot' })
    await addBot(engine, { name: 'full-bot', repo: source.url, token: new Secret(token) })
    const deploy = async (ref: string) => {
      const request = { bot: 'full-bot', kind: 'deploy' as const, args: { ref }, requestedBy: 'test' }
      return (await requestOperation(engine, request)).operation
    }
    expect((await bench.carryOut(await deploy('main'))).state).toBe('succeeded')

    const bad = await deploy('crashes')
    let full = false
    const { transaction } = engine.database
    engine.database.transaction = (work) => (full ? Promise.reject(noRoom()) : transaction(work))
    engine.changes.listen(({ step, edge }) => {
      if (step === 'gate' && edge === 'before') full = true
    })
    const ending = bench.carryOut(bad)
    await until(
      async () => full && (await objectsOf(bench.settings.instance)).containers?.join().endsWith('v1 running'),
    )
    full = false
    const { state, outcome } = await ending
    expect(state).toBe('failed')
    expect(outcome?.running).toBe(1)
  } finally {
    await bench.close()
  }
})

const noRoom = () => new TbsError('disk_full', 'The disk is full')

const until = async (look: () => Promise<boolean | undefined>): Promise<void> => {
  for (const deadline = Date.now() + 60_000; !(await look()); ) {
    if (Date.now() > deadline) throw new Error('the old version did not come back')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
