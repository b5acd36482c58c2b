import type { Engine } from '../../ports.ts'
import type { Bot } from '../../records/bot.ts'
import type { Secret } from '../../secret.ts'
import { within } from '../../within.ts'
import type { ActiveBot } from './active-bots.ts'
import { followUp } from './follow-up.ts'
import { type Judged, judgeLiveness, shown } from './judge-liveness.ts'
import { type Look, takeLook } from './look.ts'
import { lookAgain } from './look-again.ts'
import { fall, remember, silentSince, type Watched } from './watched.ts'

/** What looks at different bots share. */
export type Round = {
  engine: Engine
  all: ReadonlyMap<number, Watched>
  tokenOf(bot: Bot): Promise<Secret>
  /** The bots for which an operation waits, or is under way: what is seen meanwhile is no sign. */
  workedOn(): Promise<ReadonlySet<number>>
  enqueue(operation: number): Promise<void>
  signal: AbortSignal
}

export type Turn = {
  active: ActiveBot
  watched: Watched
  network: boolean
  usage: boolean
  /** Between two looks at a bot that is beyond doubt. */
  everyMs: number
}

const SOON_MS = 3_000
/** Of a bot that is in doubt, or that may not be the only one with its token. */
const LOG_SOON_MS = 2 * 60_000
const LOG_EVERY_MS = 6 * 60_000

/** Looks at a bot, judges it by all that was seen, does what follows, and says when it is looked at next. */
export const lookAtBot = async (round: Round, turn: Turn): Promise<void> => {
  const { engine, all, enqueue, signal } = round
  const { active, watched, everyMs } = turn
  const { clock, running } = engine
  const token = await round.tokenOf(active.bot)
  const isWorkedOn = running.bots.has(active.bot.id) || (await round.workedOn()).has(active.bot.id)
  if (isWorkedOn) return lookLater(watched, clock.now() + SOON_MS)
  const look = await see(round, turn, token)
  const unproven = active.release.proof === 'unproven'
  const judged = look.running ? judgeLiveness(watched.looks, { polled: !unproven }) : undefined
  note(engine, { bot: active.bot.id, watched, judged })
  if (judged?.state === 'deaf') fall(watched, look)
  lookLater(watched, clock.now() + SOON_MS)
  // Hardly ever asked for, and with a hundred bots more work than the judgement.
  const silences = () => new Map([...all].map(([id, one]) => [id, silentSince(one, look.at)]))
  const refused = () => [...running.liveness.values()].filter(({ state }) => state === 'refused').length
  await followUp(engine, { ...active, watched, look, silences, refused, enqueue, signal })
  if (!judged) return
  const reported = judged.state === 'deaf' || active.incidents.some(({ kind }) => kind === 'deaf')
  watched.again = lookAgain(watched.looks, judged, { everyMs, unproven, taken: watched.taken, reported })
}

const see = async (round: Round, { active, watched, network, usage }: Turn, token: Secret): Promise<Look> => {
  const { engine, signal } = round
  const { bot, container } = active
  const now = engine.clock.now()
  const readsLog = now - watched.logReadAt >= logEvery(watched, usage)
  const parts = { network, usage, ...(readsLog && { logSinceMs: watched.logReadAt }) }
  if (readsLog) watched.logReadAt = now
  const looked = { bot: bot.name, id: bot.id, container, token }
  const look = await within(signal, (signal) => takeLook(engine, looked, parts, signal))
  if (look.running) remember(watched, look)
  // What waits for one that is frozen says nothing of it.
  else if (look.paused) watched.looks = []
  return look
}

const logEvery = ({ looks }: Watched, inDoubt: boolean): number => {
  const last = looks.findLast(({ conflicts }) => conflicts !== undefined)
  return inDoubt || last?.conflicts !== 0 ? LOG_SOON_MS : LOG_EVERY_MS
}

/** Nothing was seen this time. */
export const lookLater = (watched: Watched, at: number): void => {
  watched.again = { ...watched.again, at }
}

type Noted = { bot: number; watched: Watched; judged: Judged | undefined }

const note = ({ running: { liveness } }: Engine, { bot, watched, judged }: Noted): void => {
  if (judged) {
    watched.judged = judged
    liveness.set(bot, shown(judged))
  } else {
    delete watched.judged
    liveness.delete(bot)
  }
}
