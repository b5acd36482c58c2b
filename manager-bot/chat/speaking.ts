import type { Clock, Log } from '../../deploy-engine/index.ts'
import type { BotApi } from './bot-api.ts'

/** What whoever speaks to Telegram needs. */
export type Speaking = { api: BotApi; clock: Clock; random: () => number; log: Log; signal: AbortSignal }
