import { setTimeout as sleep } from 'node:timers/promises'
import type { SandboxMessage } from '../../telegram-sandbox/index.ts'
import { addIdleBot } from './deployed-bot.ts'
import { type Installation, installation, OWNER } from './installation.ts'
import { databaseShows, journalSays, rows } from './journal.ts'

type Rule = Omit<Parameters<Installation['sandbox']['fail']>[0], 'bot'>

/** What is wrong with Telegram for a while, for the manager alone. */
export type Outage = { name: string; rules: readonly Rule[] }

export type Lived = {
  /** Numbers of the commands, in the order in which their answers came first. */
  answered: number[]
  /** Answers beyond the first, of all commands. */
  repeated: number
  /** What made a sound, each once, in order. */
  alarms: string[]
  /** What each operation's message says in the end. */
  ends: string[]
  operations: { ref: string; state: string; steps: string[] }[]
  /** From the end of the outage to the last of it all, ms. */
  behindMs: number
}

const tooMany = {
  ok: false,
  error_code: 429,
  description: 'Too Many Requests: retry after 3',
  parameters: { retry_after: 3 },
}

const SPEAKING = ['sendMessage', 'sendDocument', 'editMessageText']

export const OUTAGES = {
  ill: { name: '502 with HTML', rules: [{ status: 502, body: '<html><h1>Bad Gateway</h1></html>' }] },
  busy: { name: '429', rules: [{ status: 429, body: JSON.stringify(tooMany) }] },
  silent: { name: 'no answer at all', rules: [{ hang: true }] },
  deaf: { name: 'no answer to what is said', rules: SPEAKING.map((method) => ({ method, hang: true })) },
  reset: { name: 'connections are reset', rules: [{ reset: true }] },
  forgetful: {
    name: 'answers are lost after the deed',
    rules: SPEAKING.map((method) => ({ method, after: true, reset: true })),
  },
} satisfies Record<string, Outage>

export const COMMANDS = 6

const FAILS = { Dockerfile: 'FROM node:24-bookworm-slim\nRUN sleep 4; echo broken; exit 3\nCMD ["node", "bot.js"]\n' }

/** A build fails during the outage; six commands and a deploy are said in it. All that comes of it, in the end. */
export const liveThrough = async ({ rules }: Outage, seconds: number): Promise<Lived> => {
  const here = await installation()
  try {
    await here.start()
    const slow = await addIdleBot(here, 'slow', { says: 'never' })
    await slow.branch('broken', { says: 'never' }, FAILS)
    const asked = here.say('/deploy slow broken')
    await journalSays(here.dataDir, { name: 'build', state: 'started' })
    await here.reads(/▸ Build/, { after: asked })
    const undo = rules.map((rule) => here.sandbox.fail({ ...rule, bot: here.manager.id }))
    for (let number = 0; number < COMMANDS; number++) {
      here.say(number === 2 ? '/deploy slow nowhere' : `/status gone-${number}`)
      await sleep((seconds * 1000) / COMMANDS)
    }
    for (const back of undo) back()
    const back = Date.now()
    await allSaid(here, asked)
    return { ...(await whatCameOf(here, asked)), behindMs: Date.now() - back }
  } finally {
    await here.close()
  }
}

const allSaid = async (here: Installation, asked: SandboxMessage): Promise<void> => {
  await here.reads(new RegExp(`named gone-${COMMANDS - 1}`), { after: asked, timeout: 120_000 })
  const query = `SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM inbox) AND NOT EXISTS (SELECT 1 FROM outbox)
    AND NOT EXISTS (SELECT 1 FROM operation_messages WHERE state = 'open')`
  await databaseShows(here.dataDir, { query, what: 'nothing is left to be done or said' })
}

const whatCameOf = async (here: Installation, asked: SandboxMessage): Promise<Omit<Lived, 'behindMs'>> => {
  const said = here.sandbox
    .conversation(here.manager.username, OWNER)
    .filter(({ from, message_id }) => from.is_bot && message_id > asked.message_id)
  const answers = said.flatMap(({ text }) => numberIn(text) ?? [])
  const alarms = said.filter(({ silent }) => !silent).map(({ text }) => /at (\w+) failed/.exec(text)?.[1] ?? text)
  const shown = said.filter(({ text, silent }) => silent && /· #\d+/.test(text))
  return {
    answered: [...new Set(answers)],
    repeated: said.length - new Set(answers).size - new Set(alarms).size - 2,
    alarms: [...new Set(alarms)],
    ends: shown.flatMap(({ text }) => /^Deploy of .* failed/.exec(text)?.[0] ?? []),
    operations: await operations(here),
  }
}

const numberIn = (text: string): number | undefined => {
  const [, number] = /named gone-(\d+)/.exec(text) ?? []
  return number === undefined ? undefined : Number(number)
}

const operations = async ({ dataDir }: Installation): Promise<Lived['operations']> => {
  const query = 'SELECT id, args, state FROM operations ORDER BY id'
  const found = await rows<{ id: number; args: string; state: string }>(dataDir, query)
  const steps = await rows<{ operation: number; name: string }>(
    dataDir,
    'SELECT operation_id AS operation, name FROM steps ORDER BY id',
  )
  return found.map(({ id, args, state }) => ({
    ref: JSON.parse(args).ref,
    state,
    steps: steps.filter(({ operation }) => operation === id).map(({ name }) => name),
  }))
}
