import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demultiplex } from '../../deploy-engine/io/docker/demultiplex.ts'
import { type DeployedBot, deployedBot } from '../helpers/deployed-bot.ts'
import { docker } from '../helpers/docker.ts'
import { journalSays, lastStep, rows } from '../helpers/journal.ts'
import { onlyRuns, truth } from '../helpers/truth.ts'

// faults.md, row 7: the manager is killed before and after each step that an undisturbed restore has. Afterwards the
// bot has either the data of the backup or all of what it had, and nothing is left over.

const WITHIN_MS = 15_000

let deployed: DeployedBot
let backup: string

beforeAll(async () => {
  deployed = await deployedBot()
  await write('then')
  expect((await deployed.here.terminal(['backup', 'my-bot'])).code).toBe(0)
  const query = "SELECT max(id) AS id FROM backups WHERE bot_name = 'my-bot'"
  const [made] = await rows<{ id: number }>(deployed.here.dataDir, query)
  backup = String(made?.id)
})

afterAll(() => deployed.here.close())

test('a restore', async () => {
  await write('now')
  const steps = await undisturbed()
  expect(steps[0]).toBe('read')
  expect(steps).toEqual(expect.arrayContaining(['pack', 'unpack', 'stop', 'start', 'gate', 'record']))
  const report: string[] = []
  for (const name of steps) for (const state of ['started', 'done'] as const) report.push(await killedAt(name, state))
  console.log(report.join('\n'))
})

const restore = () => deployed.here.terminal(['restore', 'my-bot', backup])

const undisturbed = async (): Promise<string[]> => {
  const { here, bot } = deployed
  const before = await lastStep(here.dataDir)
  const { code, output } = await here.whileTalkingTo(bot, restore())
  expect(code, output).toBe(0)
  expect(await read()).toBe('then')
  const steps = await rows<{ name: string }>(here.dataDir, 'SELECT name FROM steps WHERE id > ? ORDER BY id', [before])
  return steps.map(({ name }) => name)
}

const killedAt = async (name: string, state: 'started' | 'done'): Promise<string> => {
  const { here, bot } = deployed
  const point = `${name} ${state}`
  await write('now')
  const before = await lastStep(here.dataDir)
  const door = here.whileTalkingTo(bot, restore())
  await journalSays(here.dataDir, { name, state }, before)
  await here.kill()
  await door
  const restarted = Date.now()
  await here.start()
  const settledMs = Date.now() - restarted
  const [operation] = await rows<{ state: string; outcome: string }>(
    here.dataDir,
    "SELECT state, outcome FROM operations WHERE kind = 'restore' ORDER BY id DESC LIMIT 1",
  )
  const finished = operation?.state === 'succeeded'

  expect(operation?.state, point).toMatch(/^(succeeded|failed)$/)
  expect(settledMs, point).toBeLessThan(WITHIN_MS)
  expect(await truth(deployed), point).toEqual(onlyRuns('base', 1))
  expect(await read(), point).toBe(finished ? 'then' : 'now')
  // What is not finished left no volume of its own: those of the containers and of the table are all that there are.
  expect(await unsettled(), point).toEqual([])
  return `${point}: ${finished ? 'finished' : 'undone'}, ${settledMs} ms after the restart`
}

const unsettled = () => rows(deployed.here.dataDir, 'SELECT name FROM bot_volumes WHERE filled_by IS NOT NULL')

const STATE = '/app/data/state'

const write = async (text: string): Promise<void> => {
  await inside(['sh', '-c', `echo ${text} > ${STATE}`])
}

const read = () => inside(['cat', STATE])

const inside = async (command: string[]): Promise<string> => {
  const filters = { label: [`tbs.instance=${deployed.here.instance}`, 'tbs.role=bot'], status: ['running'] }
  const [running] = await docker.listContainers({ filters })
  const exec = await docker.getContainer(running?.Id ?? '').exec({ Cmd: command, AttachStdout: true })
  return demultiplex(await buffer(await exec.start({ hijack: true, stdin: false }))).trim()
}
