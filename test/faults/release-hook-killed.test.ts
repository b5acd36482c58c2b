import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { docker, objectsOf } from '../helpers/docker.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { journalSays, lastStep } from '../helpers/journal.ts'

// faults.md, rows 7 and 23: the manager is killed while a release hook changes the data.

const GATE = 'gate: { ready: 30s, stable: 1s }\n'

// Enough files for a kill to hit the middle of a copy.
const FIRST = `
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
if (!existsSync('/app/data/format')) {
  mkdirSync('/app/data/many')
  for (let count = 0; count < 1000; count++) writeFileSync('/app/data/many/' + count, 'x'.repeat(20_000))
  writeFileSync('/app/data/format', 'one')
}
await import('./bot.js')
`

const MIGRATE = `
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
writeFileSync('/app/data/format', 'half')
for (const name of readdirSync('/app/data/many')) rmSync('/app/data/many/' + name)
await new Promise((resolve) => setTimeout(resolve, 1000))
renameSync('/app/data/many', '/app/data/none')
writeFileSync('/app/data/format', 'two')
`

let here: Installation
let bot: SandboxBot
let before: { objects: Record<string, string[]>; data: string }

beforeAll(async () => {
  here = await installation()
  const repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', {
    ...fixtureBot({ says: 'one' }),
    'first.js': FIRST,
    'tbs.yaml': `${GATE}run: { command: node first.js }\n`,
  })
  await repo.commit('next', {
    ...fixtureBot({ says: 'two', crash: 'at once' }),
    'migrate.js': MIGRATE,
    'tbs.yaml': `${GATE}hooks: { release: node migrate.js }\n`,
  })
  bot = await here.addBot('my-bot', repo)
  const asked = here.say('/deploy my-bot main')
  await here.whileTalkingTo(bot, here.reads(/is live/, { after: asked, timeout: 150_000 }))
  before = { objects: await objectsOf(here.instance), data: await data() }
})

afterAll(() => here.close())

/** Everything about the data that can be seen. */
const data = async (): Promise<string> => {
  const [running] = await docker.listContainers({ filters: { label: [`tbs.instance=${here.instance}`] } })
  const script = "cd /app/data; find . -printf '%p %U:%G %m %T@ %s\\n' | sort; cat format"
  const exec = await docker.getContainer(running?.Id ?? '').exec({
    Cmd: ['sh', '-c', script],
    AttachStdout: true,
    Tty: true,
  })
  const stream = await exec.start({ Tty: true })
  return (await stream.toArray()).join('')
}

const answers = (text: string) =>
  here.sandbox.conversation(bot.username, OWNER).filter((message) => message.from.is_bot && message.text.endsWith(text))

test.each([
  ['snapshot', 'started', 150],
  ['hook', 'started', 700],
  ['undo', 'started', 300],
])('killed at “%s %s” and %d ms, the old version answers on the data as it was', async (name, state, ms) => {
  const asked = here.say('/deploy my-bot next')
  await journalSays(here.dataDir, { name, state }, await lastStep(here.dataDir))
  await new Promise((resolve) => setTimeout(resolve, ms))
  await here.kill()
  await here.start()
  const message = await here.reads(/Not deployed/, { after: asked, timeout: 30_000 })
  const word = `after ${name} ${state} ${ms}`
  here.sandbox.say(OWNER, bot.username, word)
  await here.sandbox.waitFor(() => answers(word).length > 0, { timeout: 15_000 })

  expect(answers(word).map(({ text }) => text)).toEqual([`one: ${word}`])
  expect(await data()).toBe(before.data)
  expect(message.text).toMatch(/v1 was put back and is running/)
  const now = await objectsOf(here.instance)
  const kept = now.volumes?.filter((volume) => volume.includes('.changed-')) ?? []
  expect({ ...now, volumes: now.volumes?.filter((volume) => !kept.includes(volume)) }).toEqual(before.objects)
  const [newest] = kept.slice(-1)
  if (name === 'undo') expect(message.text).toContain(`kept for 24 hours in the Docker volume ${newest}`)
})
