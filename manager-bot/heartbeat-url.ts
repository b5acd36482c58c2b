import { type Clock, type Log, messageOf, redact, type Secret } from '../deploy-engine/index.ts'
import { secretsInUrl } from './known-secrets.ts'

export type Calling = { clock: Clock; log: Log; isWell(): boolean; signal: AbortSignal }

const EVERY_MS = 60_000
const ANSWER_MS = 20_000

/**
 * Calls the URL every minute while the manager is well, so that whoever waits for the calls elsewhere notices when they
 * stop. Resolves when the signal aborts.
 */
export const callHeartbeatUrl = async (url: Secret, { clock, log, isWell, signal }: Calling): Promise<void> => {
  for (let failures = 0; !signal.aborted; await clock.sleep(EVERY_MS, signal).catch(() => {})) {
    if (!isWell()) continue
    const failure = await call(url, signal)
    if (signal.aborted) return
    if (failure !== undefined && failures === 0)
      log.warn({ reason: failure }, 'TBS_HEARTBEAT_URL does not answer, calling on every minute')
    if (failure === undefined && failures > 0) log.info({ failures }, 'TBS_HEARTBEAT_URL answers again')
    failures = failure === undefined ? 0 : failures + 1
  }
}

/** Gives why it failed, without the URL: whoever knows it can call in our place. */
const call = async (url: Secret, signal: AbortSignal): Promise<string | undefined> => {
  try {
    const response = await fetch(url.reveal(), { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) })
    await response.body?.cancel()
    return response.ok ? undefined : `it answers ${response.status}`
  } catch (error) {
    return redact(reasonOf(error), secretsInUrl(url))
  }
}

/** fetch itself says only that it failed; of several addresses, none has a message. */
const reasonOf = (error: unknown): string => {
  const { cause }: { cause?: unknown } = error instanceof Error ? error : {}
  return (cause === undefined ? '' : messageOf(cause)) || messageOf(error)
}
