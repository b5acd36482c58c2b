import type { ApiCall, CallLog } from '../api/calls.ts'
import type { Clock } from '../api/clock.ts'
import type { FaultRule, Faults } from '../api/faults.ts'
import type { Budgets, Limits } from '../api/limits.ts'
import type { Polls } from '../api/polls.ts'
import type { ChatName } from '../world/chats.ts'
import type { NewChannel, NewGroup } from '../world/groups.ts'
import type { Manner, NewFile } from '../world/people-act.ts'
import type { NewBot, NewPerson } from '../world/residents.ts'
import type { CallbackAnswer, Command, Person } from '../world/state.ts'
import type { World } from '../world/world.ts'
import type { SandboxEvent, SandboxMessage } from './view.ts'
import type { WaitOptions } from './wait-for.ts'

export type SandboxBot = { id: number; token: string; username: string; name: string }
export type SandboxGroup = { id: number; title: string; members: number[] }

/**
 * The hands of a test or a demo in the sandbox.
 *
 * People name a chat as they see it (`ChatName`): a bot's username is their private chat with it, a number is a group
 * or a channel. Other numbers are ids of people, bots, groups, topics and messages.
 */
export type Sandbox = {
  apiPort: number
  /** http://127.0.0.1:<apiPort> */
  apiRoot: string
  /** Of the same API by HTTPS, when it was opened with a certificate. */
  tlsPort?: number
  pageUrl?: string
  /** A known person (same id, or same username when no id is given) is returned as it is, with the new name. */
  addPerson: (person: NewPerson) => Person
  /** A known bot (same username) is returned with its chats and waiting updates; a given name or token is applied. */
  addBot: (bot: NewBot) => SandboxBot
  /** Gives the bot a new token; the old one answers 401 from now on. */
  revokeToken: (bot: number) => string
  /** A supergroup of people and bots, as if it had always been there: nobody is told. Its first person owns it. */
  addGroup: (group: NewGroup) => SandboxGroup
  /** Its people and bots are all admins of it. */
  addChannel: (channel: NewChannel) => SandboxGroup
  /** The id of a new topic of a forum. */
  addTopic: (group: number, name: string) => number
  deleteTopic: (group: number, topic: number) => void
  /** The supergroup that a basic group becomes. */
  migrate: (group: number) => SandboxGroup
  addMember: (group: number, who: number) => void
  /** Makes a member an admin. */
  promote: (group: number, who: number) => void
  kick: (group: number, who: number) => void
  /** A person blocks a bot: it can't write there any more. */
  block: (person: number, bot: string) => void
  unblock: (person: number, bot: string) => void
  /** A person writes. Begins the private chat if there is none; commands, links and mentions get their entities. */
  say: (person: number, chat: ChatName, text: string, manner?: Manner) => SandboxMessage
  /** A person sends a file, which bots can download. */
  sendFile: (person: number, chat: ChatName, file: NewFile, manner?: Manner) => SandboxMessage
  /** A person changes what that person wrote. */
  edit: (person: number, chat: ChatName, message: number, text: string) => SandboxMessage
  /** A person opens https://t.me/<bot>?start=<payload> and presses Start. */
  follow: (person: number, link: string) => SandboxMessage
  /** A person presses an inline button. `answered` is false when the bot stayed silent for 15 s. */
  press: (person: number, chat: ChatName, message: number, buttonText: string) => Promise<CallbackAnswer>
  /** Begins the private chat without a message. The Bot API's chat id of it, which is the person's id for every bot. */
  privateChat: (person: number, bot: string) => number
  /** All messages of a private chat, deleted ones included; none when it has not begun. */
  conversation: (bot: string, person: number) => SandboxMessage[]
  /** All messages of a group or channel. */
  messages: (group: number) => SandboxMessage[]
  /** The commands that a person is offered in a chat, by all scopes. */
  menu: (person: number, chat: ChatName) => Command[]
  /** Queues an update as it is, for what people can't do here: `deliver('a_bot', 'poll_answer', {...})`. */
  deliver: (bot: string, type: string, body: Record<string, unknown>) => void
  /** What `look` gives, once that is neither undefined nor false; asked after every change. Default 30 s. */
  waitFor: <T>(look: (sandbox: Sandbox) => T | undefined | false, options?: WaitOptions) => Promise<T>
  /** The last messages of all chats as text. */
  transcript: () => string
  /** The last 10 000 calls of the Bot API, oldest first. */
  calls: ApiCall[]
  onChange: (listener: (event: SandboxEvent) => void) => () => void
  /** How many polls of this bot were refused with 409. */
  conflicts: (bot: number) => number
  /** Limits what bots may send and edit per chat, by default as Telegram does, until the result is called. */
  limit: (limits?: Limits) => () => void
  /** How many calls of this bot were over a chat's budget and refused with 429. */
  refusals: (bot: number) => number
  /** Updates that wait unconfirmed: getWebhookInfo's pending_update_count. */
  pending: (bot: number) => number
  /** Makes calls fail until the result is called. Waiting polls are hit at once, unless the rule has `times`. */
  fail: (rule: FaultRule) => () => void
  close: () => Promise<void>
}

export type Parts = {
  world: World
  clock: Clock
  polls: Polls
  budgets: Budgets
  faults: Faults
  log: CallLog
  /** Aborted when the sandbox closes. */
  closing: AbortSignal
}
