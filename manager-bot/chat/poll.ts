import type { Update } from 'telegraf/types'
import { type Clock, type Log, messageOf } from '../../deploy-engine/index.ts'
import { backoff } from './backoff.ts'
import { type BotApi, errorCode, retryAfterMs, says } from './bot-api.ts'
import type { PollTrouble } from './poll-trouble.ts'

export type Polling = {
  api: BotApi
  clock: Clock
  random: () => number
  log: Log
  /** Where to begin: the update after the last accepted one. */
  offset: number
  /** Writes updates down and gives those that are new. Only then are they acted on. */
  accept(updates: Update[]): Promise<Update[]>
  /** Begins to act on an update; never waited for. */
  handle(update: Update): void
  trouble: PollTrouble
  /** Called after each request, with whether Telegram gave what was asked for. */
  answered(well: boolean): void
  /** Called at each turn of the loop, and before each wait with the longest that it may take. */
  alive(waitMs?: number): void
}

const LONG_POLL_S = 50
// A half-open connection looks like a quiet chat; past the server's own limit it is given up.
const GIVE_UP_MS = 65_000

/** Asks Telegram for updates until the signal aborts. Nothing that Telegram or the network does ends it. */
export const poll = async (polling: Polling, signal: AbortSignal): Promise<void> => {
  const { clock, random, log } = polling
  let { offset } = polling
  let confirmed = offset
  let failures = 0
  let trouble = ''
  // The first one only looks whether there is something: whoever started this waits to see that it works.
  let waitS = 0
  while (!signal.aborted) {
    try {
      polling.alive(GIVE_UP_MS)
      const updates = await ask(polling, { offset, waitS }, signal)
      waitS = LONG_POLL_S
      polling.alive()
      polling.answered(true)
      confirmed = offset
      if (failures > 0) log.info({ failures }, 'polling Telegram works again')
      failures = 0
      trouble = ''
      await polling.trouble.heard()
      offset = await take(polling, updates, offset)
    } catch (error) {
      // The request that was given up had its offset with it.
      if (signal.aborted) return
      polling.alive()
      polling.answered(false)
      failures += 1
      if (trouble !== diagnosis(error)) log.warn({ reason: messageOf(error) }, diagnosis(error))
      trouble = diagnosis(error)
      await standBy(polling, error, signal)
      const pauseMs = retryAfterMs(error) ?? backoff(failures, random)
      polling.alive(pauseMs)
      await clock.sleep(pauseMs, signal).catch(() => {})
    }
  }
  if (offset !== confirmed) await confirm(polling, offset)
}

type Asking = { offset: number; waitS: number }

const ask = ({ api }: Polling, { offset, waitS }: Asking, signal: AbortSignal): Promise<Update[]> => {
  const payload = {
    offset,
    timeout: waitS,
    allowed_updates: ['message', 'edited_message', 'callback_query'] as const,
  }
  return api.call('getUpdates', payload, { timeoutMs: GIVE_UP_MS, signal })
}

const take = async (polling: Polling, updates: Update[], offset: number): Promise<number> => {
  const last = updates.at(-1)
  if (!last) return offset
  for (const update of await polling.accept(updates)) polling.handle(update)
  return last.update_id + 1
}

const diagnosis = (error: unknown): string => {
  const code = errorCode(error)
  if (code === 401) return "Telegram refuses the manager's token: put a valid one into TBS_TOKEN and start again"
  if (says(error, 'webhook is active')) return 'a webhook is set for the manager, removing it'
  if (code === 409) return "another process polls with the manager's token: stop it; trying on"
  return 'polling Telegram fails, trying on'
}

const standBy = async ({ api, log, trouble }: Polling, error: unknown, signal: AbortSignal): Promise<void> => {
  if (!says(error, 'webhook is active')) {
    if (errorCode(error) !== 409) return
    return trouble.conflict().catch((err) => log.error({ err }, 'the owner could not be told of the conflict'))
  }
  await api.call('deleteWebhook', {}, { signal }).catch((failure) => {
    log.warn({ reason: messageOf(failure) }, 'the webhook could not be removed')
  })
}

// A courtesy: the accepted ids are remembered anyway, so that a repeat is dropped.
const confirm = async ({ api }: Polling, offset: number): Promise<void> => {
  await api.call('getUpdates', { offset, limit: 1, timeout: 0 }, { timeoutMs: 500 }).catch(() => {})
}
