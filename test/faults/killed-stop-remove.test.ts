import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDeployedBot, type DeployedBot } from '../helpers/deployed-bot.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { type Installation, installation } from '../helpers/installation.ts'
import { journalSays, lastStep, rows } from '../helpers/journal.ts'

// faults.md, row 7, for what is not undone but finished. test/deploy-engine/operations kills at many more moments.

const WITHIN_MS = 15_000

type Ended = { id: number; state: string; outcome: Record<string, unknown> }

let here: Installation
let bot: DeployedBot

beforeAll(async () => {
  here = await installation()
  await here.start()
  bot = await addDeployedBot(here, 'my-bot')
})

afterAll(() => here.close())

/** Kills the manager in a step of what a verb began, starts it again and gives how the operation ended. */
const killedIn = async (step: string, ...words: string[]): Promise<Ended> => {
  const before = await lastStep(here.dataDir)
  const door = here.terminal(words)
  await journalSays(here.dataDir, { name: step, state: 'started' }, before)
  await here.kill()
  const restarted = Date.now()
  await here.start()
  expect(Date.now() - restarted, step).toBeLessThan(WITHIN_MS)
  await door
  return newest()
}

const newest = async (): Promise<Ended> => {
  const query = 'SELECT id, state, outcome FROM operations ORDER BY id DESC LIMIT 1'
  const [row] = await rows<{ id: number; state: string; outcome: string }>(here.dataDir, query)
  return { id: row?.id ?? 0, state: row?.state ?? '', outcome: JSON.parse(row?.outcome ?? '{}') }
}

const containers = async () => {
  const filters = { label: [`tbs.instance=${here.instance}`, 'tbs.bot=my-bot', 'tbs.role=bot'] }
  const found = await docker.listContainers({ all: true, filters })
  return Promise.all(
    found.map(async ({ Id, State }) => {
      const { HostConfig } = await docker.getContainer(Id).inspect()
      return `${State} ${HostConfig.RestartPolicy?.Name}`
    }),
  )
}

const STOPPED = ['exited no']
const RUNS = ['running unless-stopped']

test('a stop is finished', async () => {
  expect(await killedIn('stop', 'stop', 'my-bot')).toMatchObject({
    state: 'succeeded',
    outcome: { stopped: 1, running: null },
  })
  expect(await containers()).toEqual(STOPPED)
  const status = await here.terminal(['status', 'my-bot', '--json'])
  expect(JSON.parse(status.output)).toMatchObject({ state: 'stopped' })
})

test('a start is undone: the bot stays stopped, until it is started again', async () => {
  expect(await killedIn('gate', 'run', 'my-bot')).toMatchObject({
    state: 'failed',
    outcome: { running: null, error: { code: 'interrupted', hint: 'Again: /run my-bot' } },
  })
  expect(await containers()).toEqual(STOPPED)
  const { code } = await here.whileTalkingTo(bot.bot, here.terminal(['run', 'my-bot']))
  expect(code).toBe(0)
  expect(await containers()).toEqual(RUNS)
})

test('a removal is finished', async () => {
  const { id, state, outcome } = await killedIn('remove', 'removebot', 'my-bot', 'data')
  expect({ state, outcome }).toMatchObject({ state: 'succeeded', outcome: { removed: { kept: [] }, warnings: [] } })
  expect(Object.values(await objectsOf(here.instance)).flat()).toEqual([])
  const [row] = await rows<{ removed: number; secrets: number }>(
    here.dataDir,
    `SELECT removed_at AS removed, (SELECT count(*) FROM secrets WHERE bot_id = bots.id) AS secrets
     FROM bots JOIN operations ON bots.id = bot_id WHERE operations.id = ?`,
    [id],
  )
  expect(row).toEqual({ removed: expect.any(Number), secrets: 0 })
})
