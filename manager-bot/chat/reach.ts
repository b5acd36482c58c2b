import type { Clock, HostLook } from '../../deploy-engine/index.ts'
import { type BotApi, errorCode } from './bot-api.ts'

/** Whether the manager reaches the Bot API, as each of its own calls shows. */
export type Reach = { api: BotApi; look: HostLook }

const AWAY_MS = 120_000

/** `onBack`: it answers again after it was away for more than 2 minutes. */
export const openReach = (api: BotApi, { clock, onBack }: { clock: Clock; onBack(): void }): Reach => {
  let answeredAt = clock.elapsed()
  let since: number | undefined
  const isAway = () => since !== undefined && clock.elapsed() - since > AWAY_MS
  const answered = () => {
    const wasAway = isAway()
    answeredAt = clock.elapsed()
    since = undefined
    if (wasAway) onBack()
  }
  const call: BotApi['call'] = async (method, payload, limit) => {
    const begun = clock.elapsed()
    try {
      const answer = await api.call(method, payload, limit)
      answered()
      return answer
    } catch (error) {
      if (isAnswer(error)) answered()
      else if (!limit?.signal?.aborted) since ??= Math.max(begun, answeredAt)
      throw error
    }
  }
  return {
    api: { ...api, call },
    look: { condition: 'telegram', look: async () => (isAway() ? AWAY : BACK) },
  }
}

// Of Telegram itself, not of what lies before it.
const isAnswer = (error: unknown): boolean => (errorCode(error) ?? 500) < 500

const AWAY = {
  state: 'bad' as const,
  found: 'Telegram can not be reached from this server',
  hint: 'Bots run on, and what they are sent waits at Telegram. See on the server whether it is online',
}

export const BACK = { state: 'good' as const, found: 'Telegram answers again' }
