import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxBot } from '../telegram-sandbox/index.ts'
import { fixtureBot } from '../test/helpers/fixture-bot.ts'
import { type Installation, installation } from '../test/helpers/installation.ts'
import { addKnownPeople } from '../test/helpers/known-people.ts'
import { type Deploys, keepDeploying } from './deploying.ts'
import { firstPoll, firstWord } from './first-call.ts'

const COMMANDS = 500
const PEOPLE = 20
// Each person asks every four seconds, so that no limit of theirs or of their chat is what is measured.
const EVERY_MS = 200

// Their number has no factor in common with that of the people, so that everybody asks for everything.
const MIX = [
  '/status small-bot',
  '/bots',
  '/help',
  '/releases small-bot',
  '/logs small-bot',
  '/status loaded-a',
  '/help deploy',
  '/releases loaded-b',
  '/status',
]
/** Every so many commands it is a deploy of a third bot. */
const DEPLOY_EVERY = 25

export type Answered = { text: string; ms: number }
export type Replies = { ours: Answered[]; floor: Answered[]; meanwhile: Deploys }

/**
 * From a command to the first message in answer to it, while two deploys are under way without a pause. The floor is a
 * bot that does nothing else than answer, asked in between. All are asked at their time, whoever waits still.
 */
export const replies = async (): Promise<Replies> => {
  const here = await installation()
  const echo = here.sandbox.addBot({ username: 'floor_echo_bot' })
  const echoing = await startEcho(here, echo)
  try {
    await here.start()
    const people = await newPeople(here)
    await deployOnce(here, ['small-bot', 'third-bot'])
    const deploying = await keepDeploying(here, ['loaded-a', 'loaded-b'])
    const ours: Promise<Answered>[] = []
    const floor: Promise<Answered>[] = []
    const begun = performance.now()
    for (let count = 0; count < COMMANDS; count++) {
      const person = people[count % PEOPLE] ?? 0
      ours.push(ask(here, here.manager, { person, text: commandAt(count) }))
      await until(begun + (count + 0.5) * EVERY_MS)
      floor.push(ask(here, echo, { person, text: '/ping' }))
      await until(begun + (count + 1) * EVERY_MS)
    }
    const answered = { ours: await Promise.all(ours), floor: await Promise.all(floor) }
    return { ...answered, meanwhile: await deploying.stop() }
  } finally {
    echoing.kill()
    await here.close()
  }
}

const startEcho = async (here: Installation, { token, id }: SandboxBot): Promise<ChildProcess> => {
  const polled = firstPoll(here.sandbox, { id })
  const env = { ...process.env, TOKEN: token, API_ROOT: here.sandbox.apiRoot }
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'echo-bot.ts')], { env })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the floor's bot ended with code ${code}`)
  })
  await Promise.race([polled, ended])
  ended.catch(() => undefined)
  return child
}

const newPeople = async (here: Installation): Promise<number[]> => {
  const people = Array.from({ length: PEOPLE }, (_, n) => ({ id: 5000 + n, name: `Ada ${n}`, role: 'admin' as const }))
  await addKnownPeople(here, people)
  return people.map(({ id }) => id)
}

const deployOnce = async (here: Installation, names: readonly string[]): Promise<void> => {
  for (const name of names) {
    const repo = await here.repo(name)
    const tbs = { 'tbs.yaml': 'gate: { ready: 30s, stable: 1s }\n' }
    await repo.commit('main', { ...fixtureBot({ says: name, prints: 'I am here' }), ...tbs })
    await here.addBot(name, repo)
    const asked = here.say(`/deploy ${name} main`)
    await here.reads(/is live/, { after: asked, timeout: 120_000 })
  }
}

const commandAt = (count: number): string =>
  count % DEPLOY_EVERY === DEPLOY_EVERY - 1 ? '/deploy third-bot main' : (MIX[count % MIX.length] ?? '/help')

const ask = async (
  { sandbox }: Installation,
  bot: SandboxBot,
  { person, text }: { person: number; text: string },
): Promise<Answered> => {
  const replied = firstWord(sandbox, bot, person)
  const asked = performance.now()
  sandbox.say(person, bot.username, text)
  return { text, ms: (await replied) - asked }
}

const until = (moment: number): Promise<void> => sleep(Math.max(0, moment - performance.now()))
