import type { ErrorCode } from '../error.ts'
import type { Sample } from './sample.ts'
import { deafness, firstSign, wasTaken } from './signs.ts'

export type GateSettings = { readyMs: number; stableMs: number }

export type Verdict =
  | { kind: 'wait'; evidence?: string }
  | { kind: 'pass'; proof: 'live' | 'unproven'; evidence: string }
  | Failure

type Failure = { kind: 'fail'; reason: string; code: ErrorCode }

/** A shorter silence is a request of ours that got lost. */
const AWAY_MS = 10_000

/** The gate of design.md section 3 as a function of everything seen since the start. Samples are in order. */
export const judge = (startedAt: number, samples: readonly Sample[], settings: GateSettings): Verdict => {
  const last = samples.at(-1)
  if (!last) return { kind: 'wait' }
  const failure = failureOf(last)
  if (failure) return failure
  const sign = firstSign(startedAt, samples)
  if (sign) return provenOnce(sign, { startedAt, last, ...settings })
  const deaf = wasTaken(samples) ? undefined : deafness(startedAt, samples)
  if (deaf) return { kind: 'fail', code: 'deaf', reason: deaf }
  return last.at - startedAt < settings.readyMs ? { kind: 'wait' } : unprovenOf(startedAt, samples, settings)
}

const failureOf = (last: Sample): Failure | undefined => {
  if (last.outOfMemory) return { kind: 'fail', code: 'out_of_memory', reason: 'it needed more memory than its limit' }
  if (!last.running && last.unanswered) {
    const reason = `it exited with code ${last.exitCode} while Telegram was unreachable`
    return { kind: 'fail', code: 'telegram_unreachable', reason }
  }
  if (!last.running) return { kind: 'fail', code: 'exited', reason: `it exited with code ${last.exitCode}` }
  if (last.restarts > 0) return { kind: 'fail', code: 'restarted', reason: 'it was restarted' }
  if (last.health === 'unhealthy') return { kind: 'fail', code: 'not_healthy', reason: 'its health check fails' }
  return undefined
}

type Since = GateSettings & { startedAt: number; last: Sample }

const provenOnce = (sign: { at: number; evidence: string }, { startedAt, last, readyMs, stableMs }: Since): Verdict => {
  const { evidence } = sign
  if (last.at - sign.at < stableMs) return { kind: 'wait', evidence }
  if (last.health !== 'starting') return { kind: 'pass', proof: 'live', evidence }
  return last.at - startedAt < readyMs ? { kind: 'wait', evidence } : neverHealthy
}

const neverHealthy: Failure = { kind: 'fail', code: 'not_healthy', reason: 'its health check never said healthy' }

const unprovenOf = (startedAt: number, samples: readonly Sample[], { readyMs }: GateSettings): Verdict => {
  const last = samples.at(-1)
  const answered = samples.findLast((sample) => !sample.unanswered)?.at ?? startedAt
  const away = last ? last.at - answered : 0
  if (away >= Math.min(AWAY_MS, readyMs / 2)) {
    return { kind: 'fail', code: 'telegram_unreachable', reason: 'Telegram is unreachable, so nothing could be seen' }
  }
  if (away > 0 || (last?.pending ?? 0) > 0) return { kind: 'wait' }
  if (last?.health === 'starting') return neverHealthy
  const seen = samples.some(({ network }) => network)
  const evidence = seen ? 'no sign that it takes its updates was seen' : 'its connections could not be seen'
  return { kind: 'pass', proof: 'unproven', evidence }
}
