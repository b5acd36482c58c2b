import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sandbox, SandboxBot } from '../../telegram-sandbox/index.ts'
import { QUICK } from '../helpers/deployed-bot.ts'
import { fillDisk } from '../helpers/fill-disk.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { insideBot } from '../helpers/inside-bot.ts'
import { type Installation, OWNER } from '../helpers/installation.ts'
import { rows } from '../helpers/journal.ts'
import { installationOn, type OwnDocker, ownDocker } from '../helpers/own-docker.ts'

// faults.md, row 9, for a restore: Docker's disk fills up while the data is unpacked into its new volume.

let own: OwnDocker
let sandbox: Sandbox
let here: Installation
let bot: SandboxBot

beforeAll(async () => {
  own = await ownDocker({ diskMb: 900 })
  ;({ sandbox, here } = await installationOn(own))
  await here.start()
  const repo = await here.repo('bot')
  await repo.commit('main', { ...fixtureBot({ says: 'one' }), ...QUICK })
  bot = await here.addBot('my-bot', repo)
  const asked = here.say('/deploy my-bot main')
  await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 150_000 }))
  await inData('head -c 100000000 /dev/urandom > much')
  expect((await here.terminal(['backup', 'my-bot'])).code).toBe(0)
})

afterAll(async () => {
  await here.close()
  await sandbox.close()
  await own.close()
})

/** All that a restore could change in Docker. */
const objects = async () => {
  const filters = { label: [`tbs.instance=${here.instance}`] }
  const { Volumes: volumes } = await own.docker.listVolumes({ filters })
  const containers = await own.docker.listContainers({ all: true, filters })
  return {
    volumes: volumes.map(({ Name }) => Name).sort(),
    containers: containers.map(({ Id, State }) => `${Id} ${State}`).sort(),
  }
}

const inData = (command: string) => insideBot(here, ['sh', '-c', `cd /app/data && ${command}`], { on: own.docker })

const restore = () => here.whileTalkingTo(bot, here.terminal(['restore', 'my-bot', '--nobackup']))

test('it fails by name; data, version and volumes are what they were, and with room it works', async () => {
  await inData('touch only-now')
  const before = await objects()
  const empty = await fillDisk(own.directory, 60)
  const { code, output } = await restore()
  expect(code, output).toBe(1)
  expect(output).toContain('Not restored: the disk is full: the data of /app/data does not fit on it')
  expect(output).toContain('v1 runs on, untouched')
  const [operation] = await rows<{ outcome: string }>(
    here.dataDir,
    "SELECT outcome FROM operations WHERE kind = 'restore' ORDER BY id DESC LIMIT 1",
  )
  expect(JSON.parse(operation?.outcome ?? '')).toMatchObject({ running: 1, error: { code: 'disk_full' } })
  expect(await rows(here.dataDir, 'SELECT name FROM bot_volumes')).toEqual([])
  await empty()
  expect(await objects()).toEqual(before)
  expect(await inData('ls')).toContain('only-now')
  sandbox.say(OWNER, bot.username, 'still there?')
  await sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some(({ text }) => text === 'one: still there?'))

  const again = await restore()
  expect(again.code, again.output).toBe(0)
  expect(await inData('ls')).not.toContain('only-now')
})
