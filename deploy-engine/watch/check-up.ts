import { askHealth, imageHealth } from '../container/ask-health.ts'
import { pollingNow } from '../container/polling-now.ts'
import { type Sample, takeSample } from '../container/sample.ts'
import { TbsError } from '../error.ts'
import { expectedError } from '../operations/expected-error.ts'
import { type BotSecrets, botSecrets, hiddenOf } from '../operations/secrets.ts'
import { type BotStatus, botStatus } from '../operations/status.ts'
import type { Engine } from '../ports.ts'
import { operationById } from '../records/operation.ts'
import { stepsOf } from '../records/step.ts'
import { type BotDetail, detailOf, measuredNow, waitingUpdates } from './detail.ts'
import { checkLiveness } from './liveness/check-liveness.ts'

/** What all probes of a bot say; `at`: when they were made, each at a time of its own. */
export type CheckUp = BotDetail & {
  at: number
  /** Of whether it takes its updates, in one look; absent: it does not run. `ok` absent: one look can't tell. */
  polling?: { at: number; ok?: boolean; found: string }
  /** When it was last proven that it takes its updates. */
  proof?: { at: number; evidence: string }
  /** What tbs.yaml and the image's HEALTHCHECK ask; absent: nothing, or there is no answer yet. */
  checks: { at: number; ok: boolean; found: string }[]
}

const BETWEEN_MS = 1_000

/** Runs every probe of a bot now; each has a limit of its own. Fails with `unknown_bot` or `docker_unreachable`. */
export const checkUp = (engine: Engine, name: string): Promise<CheckUp> =>
  askAllOf(engine, name, new AbortController().signal).catch((error) => {
    throw expectedError(error) ?? error
  })

const askAllOf = async (engine: Engine, name: string, signal: AbortSignal): Promise<CheckUp> => {
  const status = await botStatus(engine, name)
  const secrets = await botSecrets(engine, status.bot)
  const [seen, liveness, usage, checks] = await Promise.all([
    look(engine, { status, secrets }, signal),
    checkLiveness(engine, name, signal),
    measuredNow(engine, status, BETWEEN_MS),
    checksOf(engine, { status, secrets }, signal),
  ])
  const proof = await proofOf(engine, status)
  return {
    ...(await detailOf(engine, status)),
    at: engine.clock.now(),
    ...seen,
    ...(liveness && { liveness }),
    ...(usage && { usage }),
    ...(proof && { proof }),
    checks,
  }
}

type Asked = { status: BotStatus; secrets: BotSecrets }

type Seen = Pick<CheckUp, 'waiting' | 'polling'>

const look = async (engine: Engine, { status, secrets }: Asked, signal: AbortSignal): Promise<Seen> => {
  const { bot, container } = status
  if (!container?.running || container.restarting) return { waiting: await waitingUpdates(engine, bot) }
  try {
    const asked = { bot: bot.name, container: container.id, token: secrets.token, withNetwork: true }
    const sample = await takeSample(engine, asked, signal)
    return { waiting: waitingIn(sample), polling: { at: sample.at, ...pollingNow(sample) } }
  } catch (error) {
    if (error instanceof TbsError) return { waiting: { problem: error.message } }
    throw error
  }
}

const waitingIn = ({ pending }: Sample): Seen['waiting'] =>
  pending === undefined ? { problem: 'Telegram does not answer' } : { count: pending }

const checksOf = async (
  engine: Engine,
  { status, secrets }: Asked,
  signal: AbortSignal,
): Promise<CheckUp['checks']> => {
  const { bot, container, release } = status
  if (!container?.running || container.restarting || container.paused) return []
  const hidden = hiddenOf(secrets)
  const plan = release?.plan.health
  const own = plan && (await askHealth(engine, { bot: bot.name, container: container.id, plan, hidden }, signal))
  const byImage = imageHealth(container, { hidden, resumedAt: engine.running.resumed.get(container.id) })
  return [
    ...(own ? [{ at: engine.clock.now(), ...own }] : []),
    ...(byImage ? [{ at: container.lastCheck?.at ?? engine.clock.now(), ...byImage }] : []),
  ]
}

const proofOf = async ({ database: { read } }: Engine, { release }: BotStatus): Promise<CheckUp['proof']> => {
  if (release?.proof !== 'live') return undefined
  const operation = await operationById(read, release.operationId)
  const gate = (await stepsOf(read, release.operationId)).findLast(({ name }) => name === 'gate')
  const at = operation?.endedAt ?? release.activatedAt ?? release.createdAt
  return { at, evidence: operation?.outcome?.evidence ?? gate?.detail ?? 'it was seen working when it was started' }
}
