import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openVault } from '../../deploy-engine/io/vault.ts'
import { socketPath } from '../../manager-bot/socket-path.ts'
import { addIdleBot, type DeployedBot } from '../helpers/deployed-bot.ts'
import { docker } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { rows } from '../helpers/journal.ts'
import { processes, type WatchedArguments, watchArguments } from '../helpers/watch-arguments.ts'

// After thirty operations of all kinds, no secret is anywhere at rest or in transit, but encrypted and in containers.

const PEM = [
  '-----BEGIN PRIVATE KEY-----',
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC',
  'x7yPq0Zr+of/a/test==',
  '-----END',
].join('\n')

let here: Installation
let my: DeployedBot
let argv: WatchedArguments
const transit: string[] = []
let redis: Redis
let monitor: Redis
const secrets = new Map<string, string>()

beforeAll(async () => {
  here = await installation()
  await here.start()
  argv = watchArguments()
  redis = new Redis({ path: socketPath('redis.sock', here) })
  monitor = await redis.monitor()
  monitor.on('monitor', (_time: string, args: string[]) => transit.push(args.join(' ')))
  my = await addIdleBot(here, 'my-bot', { says: 'base' })
  secrets.set('the token', my.bot.token)
  secrets.set('the manager’s token', here.manager.token)
})

afterAll(async () => {
  monitor.disconnect()
  redis.disconnect()
  await argv.stop()
  await here.close()
})

/** It says all that it was given, and so does its release hook. */
const babbling = (says: string): Record<string, string> => {
  const { 'bot.js': bot, ...files } = fixtureBot({ says })
  const babble = `
const given = [process.env.BOT_TOKEN, process.env.API_KEY, process.env.PEM].filter(Boolean)
for (const text of given) console.log(text, encodeURIComponent(text), JSON.stringify({ text }))
`
  return {
    ...files,
    'babble.js': babble,
    'bot.js': `import './babble.js'\n${bot}`,
    'tbs.yaml': 'gate: { ready: 15s, stable: 1s }\nhooks: { release: node babble.js }\n',
  }
}

type Operation = { id: number; state: string }

/** Asks for something in the chat and waits until the operation that came of it is over. */
const operate = async (text: string, { confirmed = false } = {}): Promise<string> => {
  const newest = async () =>
    (await rows<Operation>(here.dataDir, 'SELECT id, state FROM operations ORDER BY id')).at(-1)
  const before = (await newest())?.id ?? 0
  await (confirmed ? here.confirmed(text) : here.say(text))
  const over = async () => {
    for (;;) {
      const last = await newest()
      if (last && last.id > before && last.state !== 'queued' && last.state !== 'running') return last.state
      await sleep(100)
    }
  }
  return here.whileTalkingTo(my.bot, over())
}

const setSecret = async (key: string, value: string): Promise<void> => {
  secrets.set(`${key} ${secrets.size}`, value)
  const asked = here.say(`/secret my-bot ${key}`)
  await here.reads(/Now send the value/, { after: asked })
  const sent = here.say(value)
  await here.reads(new RegExp(`${key} is set`), { after: sent })
  const found = here.sandbox
    .conversation(here.manager.username, OWNER)
    .find((one) => one.message_id === sent.message_id)
  expect(found?.deleted).toBe(true)
}

test('thirty operations', { timeout: 600_000 }, async () => {
  await my.repo.commit('main', babbling('base'), `Put ${my.bot.token} in the subject`)
  const ends: string[] = []
  const does = async (...given: Parameters<typeof operate>) => void ends.push(await operate(...given))

  await setSecret('API_KEY', 'first-s3cret/with+odd chars&more=yes')
  secrets.set('PEM', PEM)
  expect((await here.terminal(['secret', 'set', 'my-bot', 'PEM'], PEM)).code).toBe(0)
  await here.terminal(['deploykey', 'my-bot'])
  await does('/deploy my-bot main')
  await my.repo.commit('two', babbling('two'))
  await does('/deploy my-bot two')
  for (let round = 1; round <= 5; round += 1) {
    await setSecret('API_KEY', `value "${round}" of many: p4ss-${round}`)
    await does('/restart my-bot')
    await does('/rollback my-bot', { confirmed: true })
    await does('/rollback my-bot v2', { confirmed: true })
    await does('/stop my-bot', { confirmed: true })
    await does('/run my-bot')
  }
  const dockerfile =
    'FROM node:24-bookworm-slim\nCOPY . .\nRUN cat bot.js > /dev/null; exit 3\nCMD ["node", "bot.js"]\n'
  await my.repo.commit('broken', { ...babbling('never'), Dockerfile: dockerfile })
  await does('/deploy my-bot broken')
  await my.repo.commit('crashes', { ...babbling('never'), 'bot.js': `import './babble.js'\nprocess.exit(3)\n` })
  await does('/deploy my-bot crashes')
  expect((await here.terminal(['secret', 'rotate-key'])).code).toBe(0)
  await does('/restart my-bot')
  await does('/deploy my-bot main')

  expect(ends.length).toBeGreaterThanOrEqual(30)
  expect(ends.filter((end) => end === 'failed')).toHaveLength(2)
  for (const text of [
    '/env my-bot',
    '/secret my-bot',
    '/audit',
    '/logs my-bot 500',
    '/status my-bot',
    '/health my-bot',
  ]) {
    const asked = here.say(text)
    await here.reads(/./, { after: asked })
  }
  await addStored()
  expect(secrets.size).toBeGreaterThanOrEqual(10)
})

/** Whatever else is stored encrypted, the keys to repositories included; and the master key itself. */
const addStored = async (): Promise<void> => {
  const keyFile = `${here.dataDir}.key`
  const vault = await openVault(keyFile)
  const stored = await rows<{ bot_id: number; key: string; sealed: Buffer }>(here.dataDir, 'SELECT * FROM secrets')
  for (const { bot_id, key, sealed } of stored) secrets.set(`stored ${key}`, vault.open(bot_id, key, sealed).reveal())
  expect([...secrets.keys()]).toContain('stored git:key')
  secrets.set('the master key', (await readFile(keyFile, 'utf8')).trim())
}

test('no file of the data directory, and nothing that the manager prints', async () => {
  const files = await readdir(here.dataDir, { recursive: true, withFileTypes: true })
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
  const names = paths.map((path) => path.slice(here.dataDir.length + 1)).join('\n')
  expect(names).toMatch(/^tbs\.sqlite$/m)
  expect(names).toMatch(/aof/)
  expect(names).toMatch(/^logs\/my-bot\//m)
  const leaks = await Promise.all(
    paths.map(async (path) => leaksIn((await readFile(path)).toString('latin1')).map((leak) => `${path}: ${leak}`)),
  )
  expect(leaks.flat()).toEqual([])
  expect(leaksIn(here.output())).toEqual([])
})

test('neither what is in Redis, nor what has ever gone through it', async () => {
  expect(transit.length).toBeGreaterThan(100)
  expect(leaksIn(transit.join('\n'))).toEqual([])
  const keys = await redis.keys('*')
  const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
  expect(keys.length).toBeGreaterThan(0)
  expect(leaksIn([...keys, ...dumps.map((dump) => dump?.toString('latin1') ?? '')].join('\n'))).toEqual([])
})

test('no message, not even an earlier state of one, no document, no button', () => {
  const said = here.sandbox.conversation(here.manager.username, OWNER).filter(({ from }) => from.is_bot)
  const texts = said.flatMap(({ text, history, buttons }) => [
    text,
    ...history.map((one) => one.text),
    JSON.stringify(buttons),
  ])
  const documents = said.flatMap(({ document }) => document?.content.toString('utf8') ?? [])
  expect(documents.length).toBeGreaterThan(0)
  expect(leaksIn([...texts, ...documents].join('\n'))).toEqual([])
})

test('no image, label, network or volume, and of a container only its environment', async () => {
  const filters = { label: [`tbs.instance=${here.instance}`] }
  const images = await docker.listImages({ filters })
  expect(images.length).toBeGreaterThan(0)
  for (const { Id } of images) {
    expect(leaksIn(JSON.stringify(await docker.getImage(Id).history()))).toEqual([])
    expect(leaksIn(JSON.stringify(await docker.getImage(Id).inspect()))).toEqual([])
  }
  const { Volumes } = await docker.listVolumes({ filters })
  expect(leaksIn(JSON.stringify([Volumes, await docker.listNetworks({ filters })]))).toEqual([])
  const containers = await docker.listContainers({ all: true, filters })
  expect(containers.length).toBeGreaterThan(0)
  for (const { Id } of containers) {
    const { Config, HostConfig, Path, Args, Name, Mounts } = await docker.getContainer(Id).inspect()
    const { Env, ...config } = Config
    expect(Env).toContain(`BOT_TOKEN=${my.bot.token}`)
    expect(leaksIn(JSON.stringify({ config, HostConfig, Path, Args, Name, Mounts }))).toEqual([])
  }
})

test('no command line of any process, at any moment, and no environment of Redis', async () => {
  await argv.stop()
  const seen = [...argv.lines]
  expect(seen.some((line) => line.includes('tbs-manager.mjs'))).toBe(true)
  expect(seen.some((line) => line.includes('secret set my-bot PEM'))).toBe(true)
  expect(leaksIn(seen.join('\n'))).toEqual([])
  for (const pid of await processes()) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (!line.includes('redis-server')) continue
    expect(leaksIn(await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''))).toEqual([])
  }
})

/** Which secrets are in a text, in whatever form. */
const leaksIn = (text: string): string[] =>
  [...secrets].flatMap(([name, value]) =>
    formsOf(value)
      .filter((form) => text.includes(form))
      .map((form) => `${name}: …${text.slice(Math.max(0, text.indexOf(form) - 60), text.indexOf(form))}`),
  )

const formsOf = (value: string): string[] => {
  const bytes = Buffer.from(value)
  const lines = value.split('\n').filter((line) => line.length >= 12 && !line.startsWith('-----'))
  const whole = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), bytes.toString('base64')]
  return [
    ...new Set([...whole, bytes.toString('hex'), ...lines, ...value.split(':').filter((part) => part.length > 30)]),
  ]
}
