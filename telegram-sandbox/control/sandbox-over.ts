import type { ApiCall } from '../api/calls.ts'
import { addFault, concerns, Fault, type FaultRule, losesAnswer } from '../api/faults.ts'
import { type Limits, refusalsOf, setLimits, TELEGRAM_LIMITS } from '../api/limits.ts'
import { breakPolls, conflictsOf } from '../api/polls.ts'
import {
  apiChatId,
  chatOfPerson,
  groupById,
  mustHaveBot,
  mustHaveGroup,
  mustHavePerson,
  privateChatOf,
} from '../world/chats.ts'
import { addChannel, addGroup, migrate } from '../world/groups.ts'
import { ownerOf } from '../world/members.ts'
import { addMember, kick, promote, setBlocked } from '../world/membership.ts'
import { menuOf } from '../world/menus.ts'
import { edit, say, sendFile } from '../world/people-act.ts'
import { ANSWER_WITHIN_MS, press } from '../world/queries.ts'
import { addBot, addPerson, revokeToken } from '../world/residents.ts'
import type { CallbackAnswer, CallbackQuery, Message } from '../world/state.ts'
import { addTopic, deleteTopic } from '../world/topics.ts'
import { pendingUpdates, pushUpdate } from '../world/updates.ts'
import { botById, type World } from '../world/world.ts'
import type { Parts, Sandbox, SandboxBot, SandboxGroup } from './sandbox.ts'
import { transcript } from './transcript.ts'
import { eventView, messageView, type SandboxEvent } from './view.ts'
import { waitFor } from './wait-for.ts'

type Served = Pick<Sandbox, 'apiPort' | 'apiRoot' | 'tlsPort' | 'pageUrl' | 'close'>

export const sandboxOver = (parts: Parts, served: Served): Sandbox => {
  const sandbox: Sandbox = {
    ...served,
    ...residents(parts.world),
    ...peopleActing(parts),
    ...looking(parts),
    waitFor: (look, options) => waitFor(sandbox, look, options),
    limit: (limits = TELEGRAM_LIMITS) => limit(parts, limits),
    fail: (rule) => fail(parts, rule),
  }
  return sandbox
}

const residents = (world: World) =>
  ({
    addPerson: (person) => ({ ...addPerson(world, person) }),
    addBot: (bot) => botView(addBot(world, bot)),
    revokeToken: (bot) => revokeToken(world, bot),
    addGroup: (group) => groupView(addGroup(world, group)),
    addChannel: (channel) => groupView(addChannel(world, channel)),
    addTopic: (id, name) => {
      const group = mustHaveGroup(world, id)
      return addTopic(world, group, { name, by: ownerOf(world, group) }).id
    },
    deleteTopic: (group, topic) => deleteTopic(world, mustHaveGroup(world, group), topic),
    migrate: (group) => groupView(migrate(world, group)),
    addMember: (group, who) => addMember(world, group, who),
    promote: (group, who) => promote(world, group, who),
    kick: (group, who) => kick(world, group, who),
  }) satisfies Partial<Sandbox>

const peopleActing = (parts: Parts) => {
  const { world } = parts
  const shown = ({ message }: { message: Message }) => messageView(world, message)
  return {
    block: (person, bot) => setBlocked(world, person, { bot, blocked: true }),
    unblock: (person, bot) => setBlocked(world, person, { bot, blocked: false }),
    say: (person, to, text, manner = {}) => shown(say(world, person, { to, text, ...manner })),
    sendFile: (person, to, file, manner = {}) => shown(sendFile(world, person, { to, file, ...manner })),
    edit: (person, chat, message, text) => shown(edit(world, person, { in: chat, message, text })),
    follow: (person, link) => shown(say(world, person, started(link))),
    press: (person, chat, message, button) => answerTo(parts, press(world, person, { in: chat, message, button })),
    privateChat: (person, bot) => apiChatId(chatOfPerson(world, mustHavePerson(world, person), bot)),
  } satisfies Partial<Sandbox>
}

const looking = (parts: Parts) => {
  const { world, polls, budgets, log } = parts
  return {
    calls: log.calls,
    conversation: (bot, person) => viewAll(world, privateChatOf(world, mustHaveBot(world, bot).id, person)?.messages),
    messages: (group) => viewAll(world, groupById(world, group)?.messages),
    menu: (person, chat) => menuOf(world, person, chat),
    deliver: (bot, type, body) => pushUpdate(world, mustHaveBot(world, bot), { type, body }),
    transcript: () => transcript(world),
    onChange: (listener) => hear(parts, listener),
    conflicts: (bot) => conflictsOf(polls, bot),
    refusals: (bot) => refusalsOf(budgets, bot),
    pending: (id) => {
      const bot = botById(world, id)
      return bot ? pendingUpdates(world, bot) : 0
    },
  } satisfies Partial<Sandbox>
}

const viewAll = (world: World, messages: Message[] = []) => messages.map((message) => messageView(world, message))

const botView = ({ id, token, username, name }: SandboxBot): SandboxBot => ({ id, token, username, name })

const groupView = ({ id, title, members }: SandboxGroup): SandboxGroup => ({ id, title, members: [...members] })

// Telegram takes up to 64 of these characters.
const started = (link: string) => {
  const [, to, payload] = /^https:\/\/t\.me\/(\w+)\?start=([\w-]{1,64})$/.exec(link) ?? []
  if (!to || !payload) throw new Error(`No link that starts a bot: ${link}`)
  return { to, text: `/start ${payload}` }
}

const answerTo = ({ world, clock, closing }: Parts, query: CallbackQuery): Promise<CallbackAnswer> =>
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
    const stop = clock.after(ANSWER_WITHIN_MS, unanswered)
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

const limit = ({ budgets }: Parts, limits: Limits) => {
  setLimits(budgets, limits)
  return () => setLimits(budgets, undefined)
}

const fail = ({ polls, faults }: Parts, rule: FaultRule) => {
  const undo = addFault(faults, rule)
  // An outage hits the polls that wait; what only slows an answer or loses it later does not.
  const outage = losesAnswer(rule) && !rule.after && rule.times === undefined
  const hit = (bot: number) => concerns(rule, { method: 'getUpdates', bot })
  if (outage) breakPolls(polls, new Fault(rule), hit)
  return undo
}
