import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DeployedBot, deployedBot } from '../helpers/deployed-bot.ts'
import { docker } from '../helpers/docker.ts'
import { OWNER } from '../helpers/installation.ts'
import { change, databaseShows, rows } from '../helpers/journal.ts'

// What ends a bot, on real Docker: each has exactly its own message, or none.

const SMALL = { 'tbs.yaml': 'run: { memory: 96m }\ngate: { ready: 15s, stable: 1s }\n' }

const CHECKED = `FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
HEALTHCHECK --interval=1s --retries=2 CMD test ! -e /tmp/ill
CMD ["node", "bot.js"]
`

type Row = { id: number; kind: string; state: string; count: number; detail: string }

let my: DeployedBot

beforeAll(async () => {
  my = await deployedBot({ says: 'base', dies: true })
  await my.branch('small', { says: 'base', dies: true }, SMALL)
  await my.deploy('small')
})

afterAll(() => my.here.close())

const container = async () => {
  const filters = { label: [`tbs.instance=${my.here.instance}`, 'tbs.role=bot'] }
  const [found] = await docker.listContainers({ all: true, filters })
  return docker.getContainer(found?.Id ?? '')
}

const incidents = async () => {
  const found = await rows<Row>(my.here.dataDir, 'SELECT * FROM incidents ORDER BY id')
  return found.map(({ detail, ...row }) => ({ ...row, detail: JSON.parse(detail) }))
}

const shows = (query: string, what: string) => databaseShows(my.here.dataDir, { query, what })

const messages = (after: number) =>
  my.here.sandbox
    .conversation(my.here.manager.username, OWNER)
    .filter(({ from, message_id }) => from.is_bot && message_id > after)

const lastMessage = () => my.here.sandbox.conversation(my.here.manager.username, OWNER).at(-1)?.message_id ?? 0

/** As if it had been well for hours: what comes now is an incident of its own. */
const forget = async () => {
  const long = Date.now() - 3 * 3600_000
  const over = `UPDATE incidents SET state = 'ended', ended_at = ?, last_at = ?, revision = revision + 1`
  await change(my.here.dataDir, over, [long, long])
}

const loud = (after: number) => messages(after).filter(({ silent }) => !silent)

/** When the manager has seen that the container runs anew. */
const seenAgain = async (after: number): Promise<void> => {
  await shows(`SELECT 1 FROM containers WHERE running AND started_at > ${after}`, 'the container was seen to run again')
}

describe('an exit of its own', () => {
  test.each([
    { told: 'exit 0', kind: 'crash', exitCode: 0, says: /exit code 0/ },
    { told: 'exit 1', kind: 'crash', exitCode: 1, says: /exit code 1/ },
    { told: 'segv', kind: 'crash', exitCode: 139, says: /SIGSEGV/ },
    { told: 'hog', kind: 'out_of_memory', exitCode: 137, says: /memory/ },
  ])('$told is one loud message that says so, and the bot runs again', async ({ told, kind, exitCode, says }) => {
    const before = lastMessage()
    const { State } = await (await container()).inspect()
    my.here.sandbox.say(OWNER, my.bot.username, told)
    await my.here.sandbox.waitFor(() => loud(before).length > 0, { timeout: 60_000, what: 'a loud message' })
    await seenAgain(Date.parse(State.StartedAt))
    const [incident, ...others] = (await incidents()).filter(({ state }) => state === 'open')
    expect(others).toEqual([])
    expect(incident).toMatchObject({ kind, count: 1, detail: { exitCode, release: 2 } })
    expect(incident?.detail.logLines.join('\n')).toContain(`told to ${told}`)
    expect(loud(before)).toHaveLength(1)
    expect(loud(before)[0]?.text).toMatch(says)
    expect(await my.ask('hello', 60_000)).toBe('base')
    await forget()
  })
})

describe('from outside', () => {
  test.each(['kill', 'stop'] as const)('docker %s is told as that, once, and over after /run', async (how) => {
    const before = lastMessage()
    await (await container())[how]()
    await my.here.sandbox.waitFor(() => loud(before).length > 0, { timeout: 60_000, what: 'a loud message' })
    expect(loud(before)[0]?.text).toMatch(/stopped from outside/)
    expect((await incidents()).filter(({ state }) => state === 'open')).toMatchObject([{ kind: 'stopped' }])
    const asked = my.here.say('/run my-bot')
    await my.here.whileTalkingTo(my.bot, my.here.reads(/is live/, { after: asked, timeout: 120_000 }))
    await shows("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE state = 'open')", 'the incident is over')
    await my.here.reads(/over: it runs again/, { after: asked })
    expect(loud(before)).toHaveLength(1)
    await forget()
  })

  test('docker restart is nothing to tell', async () => {
    const before = lastMessage()
    const found = await container()
    const { State } = await found.inspect()
    await found.restart()
    await seenAgain(Date.parse(State.StartedAt))
    expect((await incidents()).filter(({ state }) => state === 'open')).toEqual([])
    expect(messages(before)).toEqual([])
    expect(await my.ask('hello', 60_000)).toBe('base')
  })
})

test('a HEALTHCHECK that fails is one loud message, and the bot is left to run', async () => {
  await my.branch('checked', { says: 'base', dies: true }, { ...SMALL, Dockerfile: CHECKED })
  await my.deploy('checked')
  const before = lastMessage()
  const found = await container()
  const { State } = await found.inspect()
  await (await found.exec({ Cmd: ['touch', '/tmp/ill'] })).start({})
  await my.here.sandbox.waitFor(() => loud(before).length > 0, { timeout: 150_000, what: 'a loud message' })
  expect(loud(before)[0]?.text).toMatch(/my-bot is unhealthy[\s\S]*HEALTHCHECK/)
  const open = (await incidents()).filter(({ state }) => state === 'open')
  expect(open).toMatchObject([{ kind: 'unhealthy', detail: { release: 3 } }])
  expect((await found.inspect()).State.StartedAt).toBe(State.StartedAt)
  expect(await my.ask('hello', 60_000)).toBe('base')
  expect(loud(before)).toHaveLength(1)
  await forget()
})

test('what happened while no manager ran is one message that counts', async () => {
  await my.here.kill()
  const before = lastMessage()
  for (const _ of [1, 2]) {
    const { RestartCount } = await (await container()).inspect()
    my.here.sandbox.say(OWNER, my.bot.username, 'exit 1')
    while ((await (await container()).inspect()).RestartCount === RestartCount) await new Promise(setImmediate)
  }
  await my.here.start()
  await my.here.sandbox.waitFor(() => loud(before).length > 0, { timeout: 60_000, what: 'a loud message' })
  expect((await incidents()).filter(({ state }) => state === 'open')).toMatchObject([{ kind: 'crash', count: 2 }])
  expect(loud(before)).toHaveLength(1)
})
