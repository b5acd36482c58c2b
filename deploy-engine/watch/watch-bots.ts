import { everyBotContainerLabels } from '../container/labels.ts'
import { messageOf } from '../error.ts'
import type { ContainerEvent, Engine } from '../ports.ts'
import { registeredBot } from '../records/bot.ts'
import { openIncidents } from '../records/incident.ts'
import { remembered } from '../remembered.ts'
import { botsToRun } from './bots-to-run.ts'
import { heard } from './inspection.ts'
import { isAsBefore, lookAt } from './look.ts'
import { tend } from './tend.ts'
import type { Watch } from './watched.ts'

/** Events may get lost, so that everything is looked at now and then. */
const ROUND_MS = 30_000
/** With more than fifty bots a round comes more seldom. */
const EACH_MS = 600
const TEND_MS = 5_000
const AGAIN_MS = 1_000
/** Docker remembers 256 events; from before the start only their exit codes are of use. */
const REMEMBERED_MS = 24 * 3600_000
const KEPT_CODES = 5

export type BotsWatch = { enqueue(operation: number): Promise<void>; signal: AbortSignal }

/**
 * Watches what the containers of all bots do, until the signal aborts: whatever ends without being asked to becomes an
 * incident. Truth is the difference of two inspections; Docker's events only tell when to look.
 */
export const watchBots = async (engine: Engine, { enqueue, signal }: BotsWatch): Promise<void> => {
  const watch: Watch = { engine, signal, enqueue, codes: new Map(), quiet: new Map(), stoppedSince: new Map() }
  const looks = openLooks(watch)
  const open = remembered(engine, () => openIncidents(engine.database.read))
  await Promise.all([
    listen(watch, looks),
    repeat(watch, 'looking at the bots', () => lookAtAll(watch)),
    repeat(watch, 'tending incidents', async () => {
      for (const botId of [...watch.stoppedSince.keys()]) await lookAt(watch, botId)
      if ((await open()).length > 0) await tend(watch)
      return TEND_MS
    }),
  ])
  await looks.idle()
}

/** Gives after how many milliseconds the next round is due. */
const lookAtAll = async (watch: Watch): Promise<number> => {
  const { engine, signal } = watch
  const bots = await botsToRun(engine)
  const containers = await engine.docker.containers(everyBotContainerLabels(engine.settings.instance))
  const running = new Set(containers.flatMap(({ id, running }) => (running ? [id] : [])))
  for (const one of bots) {
    if (signal.aborted) break
    if (!(await isAsBefore(watch, one, running))) await lookAt(watch, one.bot.id)
  }
  return Math.max(ROUND_MS, bots.length * EACH_MS)
}

type Looks = { wake(bot: string): void; idle(): Promise<unknown> }

/** One look at a bot at a time; what happens meanwhile is looked at right after it. */
const openLooks = (watch: Watch): Looks => {
  const { engine, signal } = watch
  const looking = new Map<string, { again: boolean; done: Promise<void> }>()
  const look = async (name: string, state: { again: boolean }) => {
    do {
      state.again = false
      const bot = await registeredBot(engine.database.read, name)
      if (bot) await lookAt(watch, bot.id)
    } while (state.again && !signal.aborted)
  }
  const wake = (name: string) => {
    const busy = looking.get(name)
    if (busy) {
      busy.again = true
      return
    }
    const state = { again: false, done: Promise.resolve() }
    looking.set(name, state)
    state.done = look(name, state)
      .catch((error) => failed(watch, 'looking at a bot', error))
      .finally(() => looking.delete(name))
  }
  return {
    wake,
    idle: () => Promise.all([...looking.values()].map(({ done }) => done)),
  }
}

/** Docker's events as long as it sends them, and again from where they broke off. */
const listen = async (watch: Watch, looks: Looks): Promise<void> => {
  const { engine, signal } = watch
  let sinceMs = engine.clock.now() - REMEMBERED_MS
  const onEvent = (event: ContainerEvent) => {
    sinceMs = Math.max(sinceMs, event.at)
    heard(engine, event)
    if (event.exitCode !== undefined) keepCode(watch, event, event.exitCode)
    const bot = event.labels['tbs.bot']
    if (bot !== undefined) looks.wake(bot)
  }
  const labels = everyBotContainerLabels(engine.settings.instance)
  while (!signal.aborted) {
    await engine.docker.events({ labels, sinceMs, onEvent }, signal).catch((error) => {
      engine.running.inspected.clear()
      if (!signal.aborted) engine.log.warn({ error: messageOf(error) }, 'Docker has stopped telling what happens')
    })
    if (!signal.aborted) await engine.clock.sleep(AGAIN_MS, signal).catch(() => undefined)
  }
}

const keepCode = ({ codes }: Watch, { container, at, action }: ContainerEvent, exitCode: number): void => {
  if (action !== 'die') return
  codes.set(container, [...(codes.get(container) ?? []), { at, exitCode }].slice(-KEPT_CODES))
}

/** `work` gives after how many milliseconds it is to be done again. */
const repeat = async (watch: Watch, what: string, work: () => Promise<number>): Promise<void> => {
  const { engine, signal } = watch
  while (!signal.aborted) {
    const next = await work().catch((error) => {
      failed(watch, what, error)
      return TEND_MS
    })
    await engine.clock.sleep(next, signal).catch(() => undefined)
  }
}

// Docker or the disk may be away: the next look tells what happened meanwhile.
const failed = ({ engine, signal }: Watch, what: string, error: unknown): void => {
  if (!signal.aborted) engine.log.warn({ err: error }, `${what} failed`)
}
