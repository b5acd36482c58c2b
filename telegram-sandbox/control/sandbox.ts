import type { ApiCall, CallLog } from '../api/calls.ts'
import { addFault, concerns, Fault, type FaultRule, type Faults } from '../api/faults.ts'
import { type After, breakPolls, conflictsOf, type Polls } from '../api/polls.ts'
import {
  apiChatId,
  type ChatName,
  chatOfPerson,
  groupById,
  mustHaveBot,
  mustHavePerson,
  privateChatOf,
} from '../world/chats.ts'
import { ANSWER_WITHIN_MS, press, say } from '../world/people-act.ts'
import { addBot, addGroup, addPerson, type NewBot, type NewPerson, revokeToken } from '../world/residents.ts'
import type { CallbackAnswer, CallbackQuery, Person } from '../world/state.ts'
import { pendingUpdates, pushUpdate } from '../world/updates.ts'
import { botById, type World } from '../world/world.ts'
import { transcript } from './transcript.ts'
import { eventView, messageView, type SandboxEvent, type SandboxMessage } from './view.ts'
import { type WaitOptions, waitFor } from './wait-for.ts'

export type SandboxBot = { id: number; token: string; username: string; name: string }

/**
 * The hands of a test or a demo in the sandbox.
 *
 * People name a chat as they see it (`ChatName`): a bot's username is their private chat with it, a number is a group.
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
  /** `members` are ids of people and bots. */
  addGroup: (group: { title: string; members: number[] }) => { id: number; title: string; members: number[] }
  /** A person writes. Begins the private chat if there is none; commands, links and mentions get their entities. */
  say: (person: number, chat: ChatName, text: string) => SandboxMessage
  /** A person presses an inline button. `answered` is false when the bot stayed silent for 15 s. */
  press: (person: number, chat: ChatName, message: number, buttonText: string) => Promise<CallbackAnswer>
  /** Begins the private chat without a message. The Bot API's chat id of it, which is the person's id for every bot. */
  privateChat: (person: number, bot: string) => number
  /** All messages of a private chat, deleted ones included; none when it has not begun. */
  conversation: (bot: string, person: number) => SandboxMessage[]
  /** All messages of a group. */
  messages: (group: number) => SandboxMessage[]
  /** Queues an update as it is, for what people can't do here: `deliver('a_bot', 'edited_message', {...})`. */
  deliver: (bot: string, type: string, body: Record<string, unknown>) => void
  /** What `look` gives, once that is neither undefined nor false; asked after every change. Default 10 s. */
  waitFor: <T>(look: (sandbox: Sandbox) => T | undefined | false, options?: WaitOptions) => Promise<T>
  /** The last messages of all chats as text. */
  transcript: () => string
  /** The last 10 000 calls of the Bot API, oldest first. */
  calls: ApiCall[]
  onChange: (listener: (event: SandboxEvent) => void) => () => void
  /** How many polls of this bot were refused with 409. */
  conflicts: (bot: number) => number
  /** Updates that wait unconfirmed: getWebhookInfo's pending_update_count. */
  pending: (bot: number) => number
  /** Makes calls fail until the result is called. Waiting polls are hit at once, unless the rule has `times`. */
  fail: (rule: FaultRule) => () => void
  close: () => Promise<void>
}

export type Parts = {
  world: World
  polls: Polls
  faults: Faults
  log: CallLog
  after: After
  /** Aborted when the sandbox closes. */
  closing: AbortSignal
}
type Served = Pick<Sandbox, 'apiPort' | 'apiRoot' | 'tlsPort' | 'pageUrl' | 'close'>

export const sandboxOver = (parts: Parts, served: Served): Sandbox => {
  const { world, polls } = parts
  const sandbox: Sandbox = {
    ...served,
    calls: parts.log.calls,
    addPerson: (person) => ({ ...addPerson(world, person) }),
    addBot: (bot) => botView(addBot(world, bot)),
    revokeToken: (bot) => revokeToken(world, bot),
    addGroup: (group) => groupView(addGroup(world, group)),
    say: (person, chat, text) => messageView(world, say(world, person, { to: chat, text }).message),
    press: (person, chat, message, button) => answerTo(parts, press(world, person, { in: chat, message, button })),
    privateChat: (person, bot) => apiChatId(chatOfPerson(world, mustHavePerson(world, person), bot)),
    conversation: (bot, person) => viewAll(world, privateChatOf(world, mustHaveBot(world, bot).id, person)?.messages),
    messages: (group) => viewAll(world, groupById(world, group)?.messages),
    deliver: (bot, type, body) => pushUpdate(world, mustHaveBot(world, bot), { type, body }),
    waitFor: (look, options) => waitFor(sandbox, look, options),
    transcript: () => transcript(world),
    onChange: (listener) => hear(parts, listener),
    conflicts: (bot) => conflictsOf(polls, bot),
    pending: (id) => {
      const bot = botById(world, id)
      return bot ? pendingUpdates(world, bot) : 0
    },
    fail: (rule) => fail(parts, rule),
  }
  return sandbox
}

const viewAll = (world: World, messages: Parameters<typeof messageView>[1][] = []) =>
  messages.map((message) => messageView(world, message))

const botView = ({ id, token, username, name }: SandboxBot): SandboxBot => ({ id, token, username, name })

const groupView = ({ id, title, members }: { id: number; title: string; members: number[] }) => ({ id, title, members })

const answerTo = ({ world, after, closing }: Parts, query: CallbackQuery): Promise<CallbackAnswer> =>
  new Promise((resolve) => {
    const end = (answer: CallbackAnswer) => {
      stop()
      closing.removeEventListener('abort', unanswered)
      world.listeners.delete(answered)
      resolve(answer)
    }
    const unanswered = () => end({ answered: false, text: '', show_alert: false })
    const answered = () => {
      if (query.answer) end(query.answer)
    }
    const stop = after(ANSWER_WITHIN_MS, unanswered)
    closing.addEventListener('abort', unanswered)
    world.listeners.add(answered)
  })

const hear = ({ world, log }: Parts, listener: (event: SandboxEvent) => void) => {
  const ofWorld: Parameters<typeof world.listeners.add>[0] = (event) => {
    const view = eventView(world, event)
    if (view) listener(view)
  }
  const ofCalls = (call: ApiCall) => listener({ type: 'call', call })
  world.listeners.add(ofWorld)
  log.listeners.add(ofCalls)
  return () => {
    world.listeners.delete(ofWorld)
    log.listeners.delete(ofCalls)
  }
}

const fail = ({ polls, faults }: Parts, rule: FaultRule) => {
  const undo = addFault(faults, rule)
  if (rule.times === undefined && concerns(rule, 'getUpdates')) breakPolls(polls, new Fault(rule))
  return undo
}
