import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxMessage } from '../../telegram-sandbox/index.ts'
import { addIdleBot, type DeployedBot } from '../helpers/deployed-bot.ts'
import { docker } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type Installation, installation } from '../helpers/installation.ts'
import { change, rows } from '../helpers/journal.ts'
import { load } from '../helpers/load.ts'
import { onlyRuns, truth } from '../helpers/truth.ts'

// faults.md, row 12: back to n-3 and forward again, with the settings of then, on the data of now.

const VISITOR = { id: 2002, name: 'Vera' }
const VERSIONS = ['one', 'two', 'three', 'four']

let here: Installation
let my: DeployedBot

beforeAll(async () => {
  here = await installation()
  await here.start()
  my = await addIdleBot(here, 'my-bot', { says: 'base' })
})

afterAll(() => here.close())

/** Each version has settings of its own, and writes its name into the volume when it starts. */
const version = (says: string, index: number): Record<string, string> => {
  const tokenEnv = index % 2 === 0 ? 'BOT_TOKEN' : 'TELEGRAM_TOKEN'
  const files = fixtureBot({ says })
  const note = `import { appendFileSync } from 'node:fs'\nappendFileSync('/app/data/starts', '${says}\\n')\n`
  return {
    ...files,
    'bot.js': `${note}${files['bot.js']?.replace('process.env.BOT_TOKEN', `process.env.${tokenEnv}`)}`,
    'tbs.yaml': [
      'run:',
      `  command: node bot.js --mode ${says}`,
      `  env: { MODE: ${says}, ONLY_${says.toUpperCase()}: "yes" }`,
      `  token_env: ${tokenEnv}`,
      `  memory: ${200 + 10 * index}m`,
      'gate: { ready: 15s, stable: 1s }',
    ].join('\n'),
  }
}

test('row 12: a rollback to n-3 and forward again', { timeout: 180_000 }, async () => {
  const watched = watchActive()
  const visitor = load(here.sandbox, my.bot, VISITOR)
  const then: Record<string, unknown>[] = []
  for (const [index, says] of VERSIONS.entries()) {
    await my.repo.commit(says, version(says, index))
    await asks(`/deploy my-bot ${says}`, index + 1)
    then.push(await settings())
  }
  expect(new Set(then.map(({ image }) => image)).size).toBe(4)
  expect(then.map(({ tokenIn }) => tokenIn)).toEqual(['BOT_TOKEN', 'TELEGRAM_TOKEN', 'BOT_TOKEN', 'TELEGRAM_TOKEN'])
  expect(then.map(({ memory }) => Number(memory) >> 20)).toEqual([200, 210, 220, 230])

  await rollsBack(1)
  expect(await settings()).toEqual(then[0])
  expect(await truth(my)).toEqual(onlyRuns('one', 1))
  await rollsBack(4)
  expect(await settings()).toEqual(then[3])
  expect(await truth(my)).toEqual(onlyRuns('four', 4))

  const result = await visitor.stop()
  expect(result).toMatchObject({ lost: 0, repeated: 0, conflicts: 0, voices: [...VERSIONS, 'one', 'four'] })
  expect(await starts()).toEqual([...VERSIONS, 'one', 'four'])
  expect(await watched.stop()).toEqual([0, 1])
})

test('two operations at once leave one active release at any time; the database refuses a second one', async () => {
  const watched = watchActive()
  const visitor = load(here.sandbox, my.bot, VISITOR)
  const asked = here.say('/deploy my-bot two')
  const terminal = here.terminal(['rollback', 'my-bot', 'v3'])
  await here.reads(/^Deployed my-bot at two.*is live/s, { after: asked, timeout: 120_000 })
  expect((await terminal).code).toBe(0)
  expect(await visitor.stop()).toMatchObject({ lost: 0, repeated: 0, conflicts: 0 })
  expect(await watched.stop()).toEqual([1])

  const second = change(here.dataDir, "UPDATE releases SET state = 'active' WHERE number = 2")
  await expect(second).rejects.toThrow(/UNIQUE constraint failed: releases.bot_id/)
})

const asks = (command: string, number: number): Promise<void> => seesLive(here.say(command), number)

const rollsBack = async (number: number): Promise<void> =>
  seesLive(await here.confirmed(`/rollback my-bot v${number}`), number)

const seesLive = async (asked: SandboxMessage, number: number): Promise<void> => {
  await here.reads(new RegExp(`v${number} .* is live`), { after: asked, timeout: 120_000 })
}

/** What the running container was made with, and where it finds its token. */
const settings = async (): Promise<Record<string, unknown>> => {
  const { Image, Config, HostConfig, Mounts } = await docker.getContainer(await runningContainer()).inspect()
  const own = Config.Env.filter((line) => !line.startsWith('NODE_') && !line.startsWith('YARN_')).sort()
  return {
    image: Image,
    command: Config.Cmd,
    env: own,
    tokenIn: own.find((line) => line.endsWith(`=${my.bot.token}`))?.split('=')[0],
    memory: HostConfig.Memory,
    mounts: Mounts.map(({ Name, Destination }) => `${Name} ${Destination}`),
  }
}

const runningContainer = async (): Promise<string> => {
  const filters = { label: [`tbs.instance=${here.instance}`, 'tbs.role=bot'] }
  return (await docker.listContainers({ filters }))[0]?.Id ?? ''
}

const starts = async (): Promise<string[]> => {
  const exec = await docker
    .getContainer(await runningContainer())
    .exec({ Cmd: ['cat', '/app/data/starts'], AttachStdout: true, Tty: true })
  const stream = await exec.start({ Tty: true })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8').trim().split(/\s+/)
}

/** Which numbers of active releases there were, looked at again and again. */
const watchActive = () => {
  const seen = new Set<number>()
  let stopped = false
  const query = "SELECT count(*) AS active FROM releases WHERE state = 'active'"
  const looking = (async () => {
    while (!stopped) {
      const [found] = await rows<{ active: number }>(here.dataDir, query)
      seen.add(found?.active ?? -1)
      await sleep(10)
    }
  })()
  // Told by stop(); a test that fails before it has its own reason.
  looking.catch(() => {})
  return {
    stop: async () => {
      stopped = true
      await looking
      return [...seen].sort()
    },
  }
}
