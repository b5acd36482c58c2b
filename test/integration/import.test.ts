import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { insideBot } from '../helpers/inside-bot.ts'
import { type Installation, installation } from '../helpers/installation.ts'
import { databaseShows, rows } from '../helpers/journal.ts'
import { LAUNCHER } from '../helpers/launcher.ts'
import { sampledMs } from '../helpers/sampled.ts'
import { newFernetKey, stackDirectory } from '../helpers/stack-directory.ts'

// A deployment directory of telegram-bot-stack, made here by its format, becomes a bot with its data.

const SECRET = 'not for the terminal'

let here: Installation
let repo: GitRepo
let bot: SandboxBot
let key: string
let directory: string

beforeAll(async () => {
  here = await installation()
  repo = await here.repo('bot')
  await repo.commit('main', { ...fixtureBot({ says: 'new' }), 'tbs.yaml': 'gate: { ready: 20s, stable: 1s }\n' })
  bot = here.sandbox.addBot({ username: 'old_fixture_bot' })
  key = newFernetKey()
  directory = await stackDirectory(join(here.directory, 'opt', 'old-bot'), {
    ...{ token: bot.token, key, secrets: { PAYMENTS: SECRET } },
    data: { 'users.json': '{"1001":"Olga"}', 'rows.sqlite': 'not looked into' },
  })
})

afterAll(() => here.close())

const args = (...more: string[]) => ['import', directory, '--repo', repo.url, '--branch', 'main', ...more]

/** Every file with its content and its times. */
const fingerprint = async (): Promise<string[]> => {
  const paths = (await readdir(directory, { recursive: true })).sort()
  return Promise.all(
    paths.map(async (path) => {
      const { mtimeMs, mode, uid, isFile } = await stat(join(directory, path)).then((found) => ({
        ...{ mtimeMs: found.mtimeMs, mode: found.mode, uid: found.uid, isFile: found.isFile() },
      }))
      const content = isFile ? await readFile(join(directory, path)) : ''
      return `${path} ${mtimeMs} ${mode} ${uid} ${createHash('sha256').update(content).digest('hex')}`
    }),
  )
}

const bots = () => rows<{ name: string }>(here.dataDir, 'SELECT name FROM bots WHERE removed_at IS NULL')

test('a dry run shows what would be made, without values, and what would not; nothing is changed', async () => {
  const before = await fingerprint()
  const { code, output } = await here.terminal(args('--dry-run'))
  expect(code, output).toBe(0)
  expect(output).toContain(`old-bot (@old_fixture_bot), out of ${directory}`)
  expect(output).toContain(`– repository: ${repo.url}, branch main`)
  expect(output).toContain('– variables: CITY, LOG_LEVEL, PRODUCTION, PYTHONPATH, TZ\n')
  expect(output).toContain('– secrets: BOT_TOKEN, MAPS_API_KEY, PAYMENTS\n')
  expect(output).toContain('– limits: 256 MB of memory, 0.5 cores')
  expect(output).toMatch(/– data: 2 files, 0 MB, in a volume at \/app\/data/)
  expect(output).toContain('– bot.db: it lies outside data/')
  expect(output).toContain('– GREETING: a value over several lines can’t have')
  for (const value of [SECRET, bot.token, key]) expect(output).not.toContain(value)
  expect(await bots()).toEqual([])
  expect(await fingerprint()).toEqual(before)
  const data = JSON.parse((await here.terminal(args('--dry-run', '--json'))).output)
  expect(data).toMatchObject({ name: 'old-bot', username: 'old_fixture_bot', data: { files: 2 }, runs: false })
  expect(JSON.stringify(data)).not.toContain(SECRET)
  expect((await here.terminal(['audit', '--json'])).output).toBe('')
})

test('what is missing is said, and nothing happens without a yes', async () => {
  const refused = async (words: string[], what: RegExp) => {
    const { code, output } = await here.terminal(words)
    expect(code, output).toBe(1)
    expect(output).toMatch(what)
  }
  await refused(['import', directory], /Name its git repository: --repo/)
  await refused(['import', join(directory, 'data'), '--repo', repo.url], /There is no deploy.yaml in/)
  await refused(args(), /it has to be confirmed/)
  await refused(args('--as', 'No Name'), /can’t be the bot’s name/)
  const wrong = join(here.directory, 'wrong-key')
  await writeFile(wrong, newFernetKey())
  await refused(
    args('--yes', '--key-file', wrong),
    /BOT_TOKEN: it can’t be decrypted with this key.*can’t be taken over/s,
  )
  expect(await bots()).toEqual([])
  expect(await rows(here.dataDir, "SELECT id FROM backups WHERE cause = 'import'")).toEqual([])
})

test('while it runs here it is not taken over', async () => {
  const old = await docker.createContainer({
    Image: 'node:24-bookworm-slim',
    Cmd: ['sleep', '60'],
    // As its compose file has them.
    Labels: { 'project.framework': 'telegram-bot-stack', 'project.name': 'old-bot' },
  })
  try {
    await old.start()
    const { code, output } = await here.terminal(args('--yes'))
    expect(code).toBe(1)
    expect(output).toContain(`old-bot still runs here, and writes its data\nNothing was changed. Stop it first`)
    expect(await bots()).toEqual([])
  } finally {
    await old.remove({ force: true })
  }
})

test('killed whenever it may be, it can be done again, and leaves the bot or nothing of it', {
  timeout: 240_000,
}, async () => {
  await writeFile(join(directory, 'data/large'), randomBytes(60_000_000))
  const before = await fingerprint()
  // No manager runs: what is written down is all that can happen.
  const run = async (afterMs: number) => {
    const door = spawn(process.execPath, [LAUNCHER, ...args('--yes')], { env: here.env, stdio: 'ignore' })
    const ended = once(door, 'close')
    await Promise.race([ended, sleep(afterMs)])
    door.kill('SIGKILL')
    await ended
  }
  for (let afterMs = 200; (await bots()).length === 0 && afterMs < 20_000; afterMs += sampledMs(200)) {
    await run(afterMs)
    expect(await fingerprint()).toEqual(before)
    expect((await rows(here.dataDir, 'SELECT id FROM backups')).length).toBeLessThanOrEqual(1)
  }
  expect(await bots()).toEqual([{ name: 'old-bot' }])
  const again = await here.terminal(args('--yes'))
  expect(again.output).toContain('There is a bot named old-bot already')
  expect(again.code).toBe(1)
  const files = await readdir(join(here.dataDir, 'backups/old-bot'))
  expect(files).toHaveLength(1)
})

test('the bot runs here, with its data, settings, secrets and limits', { timeout: 120_000 }, async () => {
  await here.start()
  const query = "SELECT id FROM operations WHERE kind = 'restore' AND ended_at IS NOT NULL"
  await here.whileTalkingTo(bot, databaseShows(here.dataDir, { query, what: 'the import is over' }))
  expect(await rows(here.dataDir, "SELECT state FROM operations WHERE kind = 'restore'")).toEqual([
    { state: 'succeeded' },
  ])
  const inside = (command: string) => insideBot(here, ['sh', '-c', command], { bot: 'old-bot' })
  expect(await inside('cat /app/data/users.json')).toBe('{"1001":"Olga"}')
  const variables = await inside('env')
  for (const line of ['CITY=Bonn', 'LOG_LEVEL=DEBUG', `PAYMENTS=${SECRET}`, 'MAPS_API_KEY=not-for-everybody-1234']) {
    expect(variables).toContain(line)
  }
  const [container] = await docker.listContainers({ filters: { label: [`tbs.instance=${here.instance}`] } })
  const { HostConfig } = await docker.getContainer(container?.Id ?? '').inspect()
  expect(HostConfig).toMatchObject({ Memory: 256 * 1024 ** 2, NanoCpus: 5e8 })
  expect((await objectsOf(here.instance)).volumes).toHaveLength(1)
  const audit = (await here.terminal(['audit', '--json'])).output
  expect(audit).toContain('"verb":"import"')
  for (const value of [SECRET, bot.token, key]) expect(audit).not.toContain(value)
})
