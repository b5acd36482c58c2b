import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { journalSays, lastStep, rows } from '../helpers/journal.ts'
import { askSqlite, openBackup } from '../helpers/open-backup.ts'
import { writingBot } from '../helpers/writing-bot.ts'

// faults.md, row 7, for a backup: the manager is killed before and after each step that an undisturbed one has.

const MEGABYTES = 100

let here: Installation
let bot: SandboxBot
let objects: Record<string, string[]>

beforeAll(async () => {
  here = await installation()
  const repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', writingBot({ says: 'base' }, MEGABYTES))
  bot = await here.addBot('my-bot', repo)
  const asked = here.say('/deploy my-bot main')
  await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 150_000 }))
  objects = await objectsOf(here.instance)
}, 150_000)

afterAll(() => here.close())

const below = (directory: string): Promise<string[]> => readdir(join(here.dataDir, directory)).catch(() => [])

const answers = async (word: string): Promise<void> => {
  here.sandbox.say(OWNER, bot.username, word)
  await here.sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some(({ text }) => text === `base: ${word}`), {
    timeout: 15_000,
    what: `an answer to ${word}`,
  })
}

/** Nothing frozen, nothing half-written, and a row for each file. */
const expectClean = async (point: string): Promise<void> => {
  const [running] = await docker.listContainers({ filters: { label: [`tbs.instance=${here.instance}`] } })
  expect(running?.State, point).toBe('running')
  expect(await objectsOf(here.instance), point).toEqual(objects)
  expect(await below('tmp'), point).toEqual([])
  const known = await rows<{ file: string }>(
    here.dataDir,
    "SELECT file FROM backups WHERE bot_name = 'my-bot' ORDER BY file",
  )
  expect((await below('backups/my-bot')).map((name) => `backups/my-bot/${name}`).sort(), point).toEqual(
    known.map(({ file }) => file),
  )
}

test('a backup that is cut off anywhere leaves a bot that answers, and nothing else', {
  timeout: 400_000,
}, async () => {
  const before = await lastStep(here.dataDir)
  const whole = here.say('/backup my-bot')
  await here.reads(/Backup \d+ of/, { after: whole, timeout: 120_000 })
  const steps = await rows<{ name: string }>(here.dataDir, 'SELECT name FROM steps WHERE id > ? ORDER BY id', [before])
  expect(steps.map(({ name }) => name)).toEqual(['measure', 'copy', 'pack'])
  await expectClean('undisturbed')
  for (const { name } of steps) {
    for (const state of ['started', 'frozen', 'done'].filter((one) => one !== 'frozen' || name === 'copy')) {
      const point = `${name} ${state}`
      const last = await lastStep(here.dataDir)
      const asked = here.say('/backup my-bot')
      if (state === 'frozen') await frozen()
      else await journalSays(here.dataDir, { name, state }, last)
      await here.kill()
      await here.start()
      const { text } = await here.reads(/Not backed up|Backup \d+ of/, { after: asked, timeout: 30_000 })
      expect(/^Backed up/.test(text), point).toBe(point === 'pack done')
      await answers(point)
      await expectClean(point)
    }
  }
  const [newest] = await rows<{ file: string }>(
    here.dataDir,
    "SELECT file FROM backups WHERE bot_name = 'my-bot' ORDER BY id DESC",
  )
  const opened = await openBackup(join(here.dataDir, newest?.file ?? ''), `${here.dataDir}.key.age`)
  expect(await askSqlite(join(opened.volumes[0] ?? '', 'bot.db'), 'PRAGMA integrity_check')).toBe('ok')
})

const frozen = async (): Promise<void> => {
  const filters = { label: [`tbs.instance=${here.instance}`, 'tbs.role=bot'], status: ['paused'] }
  for (const limit = Date.now() + 30_000; (await docker.listContainers({ filters })).length === 0; ) {
    if (Date.now() > limit) throw new Error('the bot was never frozen')
  }
}

test('a backup is cancelled in every step, and the bot goes on', { timeout: 200_000 }, async () => {
  for (const name of ['measure', 'copy', 'pack']) {
    const last = await lastStep(here.dataDir)
    const asked = here.say('/backup my-bot')
    await journalSays(here.dataDir, { name, state: 'started' }, last)
    here.say('/cancel my-bot')
    const { text } = await here.reads(/Cancelled\.|Backup \d+ of/, { after: asked, timeout: 30_000 })
    expect(text, name).toMatch(/Cancelled\. v1 runs on, untouched/)
    await answers(`cancelled in ${name}`)
    await expectClean(`cancelled in ${name}`)
  }
})
