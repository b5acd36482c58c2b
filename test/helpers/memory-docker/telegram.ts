import { TbsError } from '../../../deploy-engine/index.ts'
import type { TelegramPort } from '../../../deploy-engine/ports.ts'
import type { VirtualClock } from './virtual-clock.ts'

export type MemoryTelegram = {
  port: TelegramPort
  /** true: no answer for anybody who asks the Bot API. */
  down: boolean
  addBot(token: string, username: string): void
  knows(token: string): boolean
  /** Somebody writes to the bot. */
  say(token: string): void
  pending(token: string): number
  /** A container begins to poll; the result ends it. */
  poll(token: string, container: string): Poll
  /** Whose containers poll at this moment. */
  pollers(token: string): string[]
  /** Times that a container began to poll while another one did. */
  conflicts(token: string): number
}

export type Poll = { end(): void; requests(): number }

type Account = { id: number; username: string; pending: number; polls: Polling[]; conflicts: number }
type Polling = { container: string; since: number; taken: number }

const ANSWER_MS = 20
const TAKE_MS = 30
const LONG_POLL_MS = 25_000

/** The Bot API, as far as the engine and the bots in memory use it. */
export const memoryTelegram = (clock: VirtualClock): MemoryTelegram => {
  const accounts = new Map<string, Account>()
  const account = (token: string): Account => {
    const found = accounts.get(token)
    if (!found) throw new Error('no bot has this token')
    return found
  }

  const take = (token: string): void => {
    const { polls, pending } = account(token)
    const poll = polls.at(-1)
    if (!poll || pending === 0) return
    poll.taken += pending
    account(token).pending = 0
  }

  const ask = async <T>(token: string, answer: (account: Account) => T, signal?: AbortSignal): Promise<T> => {
    await clock.sleep(ANSWER_MS, signal)
    if (telegram.down) throw new TbsError('telegram_unreachable', 'The Bot API at memory can’t be reached: down')
    const found = accounts.get(token)
    if (!found) throw new TbsError('token_refused', 'Telegram refuses this bot’s token: Unauthorized')
    return answer(found)
  }

  const telegram: MemoryTelegram = {
    port: {
      getMe: (token, signal) => ask(token.reveal(), ({ id, username }) => ({ id, username, name: username }), signal),
      webhookInfo: (token, signal) => ask(token.reveal(), ({ pending }) => ({ url: '', pending }), signal),
    },
    down: false,
    addBot: (token, username) => {
      accounts.set(token, { id: Number(token.split(':')[0]), username, pending: 0, polls: [], conflicts: 0 })
    },
    knows: (token) => accounts.has(token),
    say: (token) => {
      account(token).pending += 1
      clock.after(TAKE_MS, () => take(token))
    },
    pending: (token) => account(token).pending,
    poll: (token, container) => {
      const { polls } = account(token)
      const poll = { container, since: clock.now(), taken: 0 }
      if (polls.length > 0) account(token).conflicts += 1
      polls.push(poll)
      clock.after(TAKE_MS, () => take(token))
      return {
        end: () => void polls.splice(polls.indexOf(poll), 1),
        // One that answers and one that asks on for each update, and one each time nothing came.
        requests: () => 1 + 2 * poll.taken + Math.floor((clock.now() - poll.since) / LONG_POLL_MS),
      }
    },
    pollers: (token) => account(token).polls.map(({ container }) => container),
    conflicts: (token) => account(token).conflicts,
  }
  return telegram
}
