/** What was seen of a started container at one moment. Parts that could not be asked are absent. */
export type Sample = {
  at: number
  running: boolean
  exitCode: number
  outOfMemory: boolean
  restarts: number
  health: 'none' | 'starting' | 'healthy' | 'unhealthy'
  /** Updates that wait at Telegram for this bot. */
  pending?: number
  /** A connection to the API root is established, and the bytes of payload sent so far. */
  network?: { connected: boolean; payloadSent: number }
  /** The bot has a webhook: Telegram's last failure to deliver, ms since the epoch. */
  webhook?: { lastErrorAt: number | undefined }
}

export type GateSettings = { readyMs: number; stableMs: number }

export type Verdict =
  | { kind: 'wait'; evidence?: string }
  | { kind: 'pass'; proof: 'live' | 'unproven'; evidence: string }
  | { kind: 'fail'; reason: string; code: string }

const STUCK_MS = 20_000
const APART_MS = 3_000
/** Start-up traffic (getMe, deleteWebhook) is over by then, as a rule. */
export const SETTLED_MS = 4_000
/** A request has over 200 bytes of payload; keep-alives have none, the probe's own name look-ups at most 100. */
const POLL_BYTES = 150

/** The gate of design.md section 3 as a function of everything seen since the start. Samples are in order. */
export const judge = (startedAt: number, samples: readonly Sample[], settings: GateSettings): Verdict => {
  const last = samples.at(-1)
  if (!last) return { kind: 'wait' }
  const failure = failureOf(samples, last)
  if (failure) return failure
  const sign = firstSign(startedAt, samples)
  const healthy = last.health === 'none' || last.health === 'healthy'
  if (sign) {
    const stable = last.at - sign.at >= settings.stableMs && healthy
    return stable ? { kind: 'pass', proof: 'live', evidence: sign.evidence } : { kind: 'wait', evidence: sign.evidence }
  }
  if (last.at - startedAt < settings.readyMs || (last.pending ?? 0) > 0) return { kind: 'wait' }
  if (!healthy) return { kind: 'fail', code: 'not_healthy', reason: 'its health check never said healthy' }
  return { kind: 'pass', proof: 'unproven', evidence: 'no traffic was seen' }
}

/** First moment at which the samples prove that the bot consumes updates. */
export const firstSign = (
  startedAt: number,
  samples: readonly Sample[],
): { at: number; evidence: string } | undefined => {
  for (const [index, sample] of samples.entries()) {
    const before = samples.slice(0, index)
    const evidence = consumed(sample, before) ?? delivered(startedAt, sample) ?? polls(startedAt, sample, before)
    if (evidence) return { at: sample.at, evidence }
  }
  return undefined
}

/** Updates waited for 20 s and their number never fell. */
export const isStuck = (samples: readonly Sample[]): boolean => {
  const counted = samples.filter((sample) => sample.pending !== undefined)
  const lastMove = counted.findLastIndex(
    ({ pending = 0 }, index) => pending === 0 || pending < (counted[index - 1]?.pending ?? 0),
  )
  const waiting = counted.slice(lastMove + 1)
  const [first, last] = [waiting.at(0), waiting.at(-1)]
  return first !== undefined && last !== undefined && last.at - first.at >= STUCK_MS
}

const failureOf = (samples: readonly Sample[], last: Sample): Extract<Verdict, { kind: 'fail' }> | undefined => {
  if (last.outOfMemory) return { kind: 'fail', code: 'out_of_memory', reason: 'it needed more memory than its limit' }
  if (!last.running) return { kind: 'fail', code: 'exited', reason: `it exited with code ${last.exitCode}` }
  if (last.restarts > 0) return { kind: 'fail', code: 'restarted', reason: 'it was restarted' }
  if (last.health === 'unhealthy') return { kind: 'fail', code: 'not_healthy', reason: 'its health check fails' }
  if (!last.webhook && isStuck(samples)) {
    const reason = `it runs but does not take its updates: ${last.pending ?? 'some'} have waited for 20 s`
    return { kind: 'fail', code: 'deaf', reason }
  }
  return undefined
}

const consumed = ({ pending }: Sample, before: readonly Sample[]): string | undefined => {
  const counts = before.flatMap((sample) => sample.pending ?? [])
  const most = counts.at(-1)
  return pending !== undefined && most !== undefined && pending < most
    ? `took ${most - pending} waiting ${most - pending === 1 ? 'update' : 'updates'}`
    : undefined
}

const delivered = (startedAt: number, { webhook, pending, at }: Sample): string | undefined => {
  if (!webhook || pending !== 0 || at - startedAt < SETTLED_MS) return undefined
  return (webhook.lastErrorAt ?? 0) < startedAt ? 'its webhook takes updates' : undefined
}

const polls = (startedAt: number, { at, network }: Sample, before: readonly Sample[]): string | undefined => {
  if (!network?.connected) return undefined
  // Against the last look only: over a longer time small noise would add up to a request.
  const last = before.findLast((sample) => sample.network && at - sample.at >= APART_MS)
  if (!last?.network?.connected || last.at - startedAt < SETTLED_MS) return undefined
  const grown = network.payloadSent - last.network.payloadSent >= POLL_BYTES
  return grown ? 'is connected to the Bot API and keeps asking it' : undefined
}
