import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { insideBot } from '../helpers/inside-bot.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { databaseShows, rows } from '../helpers/journal.ts'

// A restore whose version gives no sign of life while nobody writes to it, and leaves the first updates that come: the
// version and the volumes that were there before come back by themselves.

let here: Installation
let repo: GitRepo
let bot: SandboxBot

/** It takes no updates while its data says so. */
const sleepyBot = (says: string): Record<string, string> => {
  const { 'bot.js': polls = '', ...files } = fixtureBot({ says })
  return {
    ...files,
    'polls.js': polls,
    'bot.js': `
import { existsSync } from 'node:fs'
if (existsSync('/app/data/asleep')) setInterval(() => {}, 60_000)
else await import('./polls.js')
`,
    'tbs.yaml': 'gate: { ready: 6s, stable: 1s }\n',
  }
}

beforeAll(async () => {
  here = await installation()
  repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', sleepyBot('one'))
  bot = await here.addBot('my-bot', repo)
  await deploy('main')
})

afterAll(() => here.close())

const deploy = async (ref: string) => {
  const asked = here.say(`/deploy my-bot ${ref}`)
  await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 60_000 }))
}

const inData = (command: string) => insideBot(here, ['sh', '-c', `cd /app/data && ${command}`])

/** With data on which the version falls asleep; what runs goes on awake. */
const backUpAsleep = async (): Promise<string> => {
  await inData('touch asleep; echo then > state')
  expect((await here.terminal(['backup', 'my-bot'])).code).toBe(0)
  await inData('rm asleep; echo now > state')
  const [made] = await rows<{ id: number }>(here.dataDir, 'SELECT max(id) AS id FROM backups')
  return String(made?.id)
}

const restoredAsleep = async (backup: string, number: number) => {
  const { code, output } = await here.terminal(['restore', 'my-bot', backup])
  expect(code, output).toBe(0)
  expect(output).toMatch(new RegExp(`v${number} .* is running, but unproven`))
  expect(await inData('cat state')).toBe('then')
  return output
}

/** The first update that it leaves; gives the voice that answers it in the end. */
const wakes = async (word: string, voice: string) => {
  here.sandbox.say(OWNER, bot.username, word)
  const said = `${voice}: ${word}`
  await here.sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some(({ text }) => text === said), {
    timeout: 60_000,
    what: `the bot saying “${said}”`,
  })
  const over = "SELECT 1 AS yes WHERE NOT EXISTS (SELECT 1 FROM operations WHERE state IN ('queued', 'running'))"
  await databaseShows(here.dataDir, { query: over, what: 'nothing is being done any more' })
  expect(await inData('cat state; ls')).toMatch(/^now\n(?!.*asleep)/s)
  // A probe of the watch may be there for a moment.
  const containers = async () => (await objectsOf(here.instance)).containers
  await expect.poll(containers, { timeout: 10_000 }).toEqual([expect.stringMatching(/my-bot-v2[^ ]* running$/)])
  expect(await rows(here.dataDir, 'SELECT name FROM bot_volumes WHERE filled_by IS NOT NULL')).toEqual([])
  // Not only this container has it: so does the next one.
  const restarted = await here.whileTalkingTo(bot, here.terminal(['restart', 'my-bot']))
  expect(restarted.code, restarted.output).toBe(0)
  expect(await inData('cat state')).toBe('now')
}

test('of an earlier version', async () => {
  const backup = await backUpAsleep()
  await repo.commit('two', sleepyBot('two'))
  await deploy('two')
  const output = await restoredAsleep(backup, 1)
  expect(output).toContain('v2 is put back by itself')
  await wakes('anybody?', 'two')
})

test('of the version that ran, on other data', async () => {
  const output = await restoredAsleep(await backUpAsleep(), 2)
  expect(output).toContain('what was there before is put back by itself')
  await wakes('and now?', 'two')
})
