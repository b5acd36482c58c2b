import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { addDeployedBot } from '../test/helpers/deployed-bot.ts'
import { docker } from '../test/helpers/docker.ts'
import { type Installation, installation, OWNER } from '../test/helpers/installation.ts'
import { change, rows } from '../test/helpers/journal.ts'

const CRASHES = 50
const BOTS = 10
/** Between two crashes of a bot: Docker's back-off begins anew after 10 s. */
const ROUND_MS = 13_000
const PATIENCE_MS = 10_000

export type Alerts = { ours: number[]; plain: number[]; messages: number; incidents: number }

/** From the death of a bot's process to the message about it, beside the least that tells of the same crashes. */
export const alerts = async (): Promise<Alerts> => {
  const here = await installation()
  const stop = new AbortController()
  try {
    await here.start()
    const names = Array.from({ length: BOTS }, (_, index) => `bot-${index}`)
    for (const name of names) await addDeployedBot(here, name)
    const plainBot = here.sandbox.addBot({ username: 'plain_notifier_bot' })
    here.sandbox.say(OWNER, plainBot.username, '/start')
    await startNotifier(here, plainBot.token, stop.signal)
    const found: Alerts = { ours: [], plain: [], messages: 0, incidents: 0 }
    for (let count = 0; count < CRASHES; count++) {
      const name = names[count % BOTS] ?? ''
      const { ours, plain } = await crash(here, { name, plain: plainBot.username })
      found.ours.push(ours)
      found.plain.push(plain)
      await settle(here)
      await sleep(ROUND_MS / BOTS)
    }
    const manager = here.sandbox.conversation(here.manager.username, OWNER)
    found.messages = manager.filter(({ from, text }) => from.is_bot && /crashed/.test(text)).length
    found.incidents = (await rows(here.dataDir, "SELECT id FROM incidents WHERE kind = 'crash'")).length
    return found
  } finally {
    stop.abort()
    await here.close()
  }
}

const startNotifier = async (here: Installation, token: string, signal: AbortSignal): Promise<void> => {
  const program = join(import.meta.dirname, 'plain-notifier.ts')
  const given = [`tbs.instance=${here.instance}`, `${here.sandbox.apiRoot}/bot${token}`, String(OWNER)]
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true })
  await once(child.stdout, 'data')
}

type Crash = { name: string; plain: string }

const crash = async (here: Installation, { name, plain }: Crash): Promise<{ ours: number; plain: number }> => {
  const filters = { label: [`tbs.instance=${here.instance}`, 'tbs.role=bot', `tbs.bot=${name}`] }
  const [container] = await docker.listContainers({ filters })
  const { State } = await docker.getContainer(container?.Id ?? '').inspect()
  const ours = firstMessage(here, here.manager.username, (text) => text.includes(name))
  const theirs = firstMessage(here, plain, (text) => text.includes(name))
  const begun = performance.now()
  process.kill(State.Pid, 'SIGKILL')
  return { ours: (await ours) - begun, plain: (await theirs) - begun }
}

/** When the next message of this bot to the owner comes in, by performance.now(). */
const firstMessage = (here: Installation, from: string, is: (text: string) => boolean): Promise<number> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`@${from} said nothing of the crash`)), PATIENCE_MS)
    const forget = here.sandbox.onChange((event) => {
      if (event.type !== 'message' || event.chat !== from || !event.message.from.is_bot) return
      if (!is(event.message.text)) return
      clearTimeout(late)
      forget()
      resolve(performance.now())
    })
  })

// As if an hour and more had passed well: each crash is one of its own, and no two make a loop or a fleet.
const settle = async (here: Installation): Promise<void> => {
  const long = Date.now() - 2 * 3600_000
  await change(here.dataDir, "UPDATE incidents SET state = 'ended', ended_at = ?, last_at = ?", [long, long])
}
