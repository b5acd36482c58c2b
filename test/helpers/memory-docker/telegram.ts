import { TbsError } from '../../../deploy-engine/index.ts'
import type { TelegramPort } from '../../../deploy-engine/ports.ts'
import type { VirtualClock } from './virtual-clock.ts'

export type MemoryTelegram = {
  port: TelegramPort
  /** true: no answer for anybody who asks the Bot API. */
  down: boolean
  /** So much the clock there is ahead. */
  aheadMs: number
  setWebhook(token: string, url: string): void
  /** This token is refused from now on, or taken again. */
  revoke(token: string): () => void
  addBot(token: string, username: string): void
  knows(token: string): boolean
  /** Somebody writes to the bot. */
  say(token: string): void
  pending(token: string): number
  /** A container begins to poll; the result ends it. */
  poll(token: string, poller: Poller): Poll
  /** Whose containers poll at this moment. */
  pollers(token: string): string[]
  /** Times that a container began to poll while another one did. */
  conflicts(token: string): number
}

export type Poll = {
  end(): void
  thaw(): void
  requests(): number
  /** It waits for an update. */
  waits(): boolean
  askedMs(): number
}

/** `handlesMs`: it works so long on what it takes. */
type Poller = { container: string; handlesMs: number; isFrozen(): boolean }

type Account = {
  id: number
  username: string
  pending: number
  /** Of its webhook. */
  url: string
  polls: Polling[]
  conflicts: number
  revoked: boolean
}
type Polling = Poller & { since: number; taken: number; askedAt: number; busy: boolean }

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
    if (!poll || poll.busy || poll.isFrozen() || pending === 0) return
    if (poll.handlesMs === 0) {
      confirm(token, poll, pending)
      return
    }
    poll.busy = true
    clock.after(poll.handlesMs, () => {
      poll.busy = false
      if (!account(token).polls.includes(poll)) return
      confirm(token, poll, pending)
      take(token)
    })
  }

  // It asks for more than it has taken.
  const confirm = (token: string, poll: Polling, count: number): void => {
    poll.taken += count
    poll.askedAt = clock.elapsed()
    account(token).pending -= count
  }

  const ask = async <T>(token: string, answer: (account: Account) => T, signal?: AbortSignal): Promise<T> => {
    await clock.sleep(ANSWER_MS, signal)
    if (telegram.down) throw new TbsError('telegram_unreachable', 'The Bot API at memory can’t be reached: down')
    const found = accounts.get(token)
    if (!found || found.revoked) throw new TbsError('token_refused', 'Telegram refuses this bot’s token: Unauthorized')
    return answer(found)
  }

  const telegram: MemoryTelegram = {
    port: {
      getMe: (token, signal) => ask(token.reveal(), ({ id, username }) => ({ id, username, name: username }), signal),
      webhookInfo: (token, signal) => ask(token.reveal(), ({ pending, url }) => ({ url, pending }), signal),
      removeWebhook: (token, signal) =>
        ask(
          token.reveal(),
          (found) => {
            found.url = ''
          },
          signal,
        ),
      addresses: async () => {
        if (telegram.down) throw new Error('getaddrinfo ENOTFOUND memory')
        return ['192.0.2.1']
      },
      time: async () => {
        if (telegram.down) throw new TbsError('telegram_unreachable', 'The Bot API at memory can’t be reached: down')
        return Math.floor((clock.now() + telegram.aheadMs) / 1000) * 1000
      },
    },
    down: false,
    aheadMs: 0,
    setWebhook: (token, url) => {
      account(token).url = url
    },
    addBot: (token, username) => {
      const none = { pending: 0, url: '', polls: [], conflicts: 0, revoked: false }
      accounts.set(token, { id: Number(token.split(':')[0]), username, ...none })
    },
    revoke: (token) => {
      account(token).revoked = true
      return () => {
        account(token).revoked = false
      }
    },
    knows: (token) => accounts.has(token),
    say: (token) => {
      account(token).pending += 1
      clock.after(TAKE_MS, () => take(token))
    },
    pending: (token) => account(token).pending,
    poll: (token, poller) => {
      const { polls } = account(token)
      const since = clock.elapsed()
      const poll = { ...poller, since, taken: 0, askedAt: since, busy: false }
      if (polls.length > 0) account(token).conflicts += 1
      polls.push(poll)
      clock.after(TAKE_MS, () => take(token))
      return {
        end: () => void polls.splice(polls.indexOf(poll), 1),
        thaw: () => take(token),
        // One that answers and one that asks on for each update, and one each time nothing came.
        requests: () => 1 + 2 * poll.taken + Math.floor((clock.elapsed() - poll.since) / LONG_POLL_MS),
        waits: () => !poll.busy,
        askedMs: () => (poll.busy ? clock.elapsed() - poll.askedAt : (clock.elapsed() - poll.askedAt) % LONG_POLL_MS),
      }
    },
    pollers: (token) => account(token).polls.map(({ container }) => container),
    conflicts: (token) => account(token).conflicts,
  }
  return telegram
}
