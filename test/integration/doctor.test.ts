import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DeployedBot, deployedBot } from '../helpers/deployed-bot.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { OWNER } from '../helpers/installation.ts'

const BASE = 'node:24-bookworm-slim'

let deployed: DeployedBot

beforeAll(async () => {
  deployed = await deployedBot()
})

afterAll(() => deployed.here.close())

const findings = async (...more: string[]): Promise<{ check: string; state: string; found: string }[]> => {
  const { output } = await deployed.here.terminal(['doctor', '--json', ...more])
  return JSON.parse(output).findings
}

const of = async (check: string, ...more: string[]) => (await findings(...more)).filter((one) => one.check === check)

const policyOf = async (): Promise<string | undefined> => {
  const found = await docker.getContainer(`${deployed.here.instance}-my-bot-v1`).inspect()
  return found.HostConfig.RestartPolicy?.Name
}

/** Everything that an installation can leave behind, and things that only look like it. */
const leave = async () => {
  const { instance, directory } = deployed.here
  const ours = { 'tbs.instance': instance }
  const create = (name: string, labels: Record<string, string>) =>
    docker.createContainer({ name: `${instance}-${name}`, Image: BASE, Cmd: ['true'], Labels: labels })
  await create('left-task', { ...ours, 'tbs.bot': 'my-bot', 'tbs.role': 'task' })
  await create('left-v9', { ...ours, 'tbs.bot': 'my-bot', 'tbs.role': 'bot', 'tbs.release': '9' })
  await create('left-gone', { ...ours, 'tbs.bot': 'gone', 'tbs.role': 'bot', 'tbs.release': '1' })
  const context = join(directory, 'left')
  await mkdir(context)
  await writeFile(join(context, 'Dockerfile'), `FROM ${BASE}\nLABEL tbs.instance=${instance} tbs.bot=gone\n`)
  const build = await docker.buildImage({ context, src: ['Dockerfile'] }, { t: `${instance}/gone:1-abc` })
  await new Promise((resolve) => docker.modem.followProgress(build, resolve))
  await docker.createNetwork({ Name: `${instance}-gone`, Labels: { ...ours, 'tbs.bot': 'gone' } })
  await docker.createVolume({ Name: `${instance}-copy`, Labels: { ...ours, 'tbs.bot': 'my-bot', 'tbs.role': 'copy' } })
  await rm(context, { recursive: true })
}

test('what belongs to nothing is found and removed, and what belongs to something stays', async () => {
  const { here } = deployed
  await docker.createVolume({
    Name: `${here.instance}-gone.data`,
    Labels: { 'tbs.instance': here.instance, 'tbs.bot': 'gone' },
  })
  await docker.createContainer({
    name: `${here.instance}-manager`,
    Image: BASE,
    Labels: { 'tbs.instance': here.instance, 'tbs.role': 'manager' },
  })
  const before = await objectsOf(here.instance)
  expect(await of('orphans')).toMatchObject([{ state: 'ok' }])
  await leave()
  const [found] = await of('orphans')
  expect(found?.state).toBe('warn')
  for (const name of ['left-task', 'left-v9', 'left-gone', 'gone:1-abc', `network ${here.instance}-gone`, '-copy']) {
    expect(found?.found).toContain(name)
  }
  expect(await of('orphans', '--fix', '--yes')).toMatchObject([{ state: 'ok' }])
  expect(await objectsOf(here.instance)).toEqual(before)
})

test('a bot that would not come back after a reboot is found in the chat, and set right by a button', async () => {
  const { here } = deployed
  await docker.getContainer(`${here.instance}-my-bot-v1`).update({ RestartPolicy: { Name: 'no' } })
  const asked = here.say('/doctor')
  const told = await here.reads(/my-bot does not come back by itself/, { after: asked })
  void here.sandbox.press(OWNER, here.manager.username, told.message_id, 'Fix')
  const question = await here.reads(/Set the restart policy of .* to unless-stopped[\s\S]*Confirm within/, {
    after: asked,
  })
  expect(await policyOf()).toBe('no')
  void here.sandbox.press(OWNER, here.manager.username, question.message_id, 'Do it')
  await here.reads(/Done, and looked at again: Each bot that is to run comes back by itself/, { after: asked })
  expect(await policyOf()).toBe('unless-stopped')
})
