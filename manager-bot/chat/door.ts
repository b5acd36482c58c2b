import type { Engine } from '../../deploy-engine/index.ts'
import { messageOf, TbsError } from '../../deploy-engine/index.ts'
import type { Command, CommandContext, Reply, Verbs } from '../command.ts'
import type { Config } from '../config.ts'
import { managerChecks } from '../doctor/manager-checks.ts'
import { hintOf } from '../errors/explain.ts'
import { line } from '../text/rich-text.ts'
import type { Upgrades } from '../upgrade/upgrades.ts'
import { openAudit } from './audit.ts'
import { hereOf } from './here.ts'
import { keyboard } from './keyboard.ts'
import type { LiveMessages } from './live-messages.ts'
import { managerState } from './manager-state.ts'
import type { Menus } from './menu.ts'
import type { Incoming, Known } from './message.ts'
import type { NotRun } from './not-run.ts'
import type { Outbox } from './outbox.ts'
import { openPeople } from './people.ts'
import type { Progress } from './progress.ts'
import type { RateLimit } from './rate-limit.ts'
import { awaitedIn, clearAwaited } from './records/awaited.ts'
import { say } from './say.ts'
import type { Speaking } from './speaking.ts'
import type { Strangers } from './strangers.ts'
import { upgradeHere } from './upgrade-here.ts'
import type { Looks } from './wizard/looks.ts'
import { openWizard } from './wizard/wizard.ts'

/** What the chat's parts share. */
export type Door = {
  engine: Engine
  verbs: Verbs
  commands: readonly Command[]
  speaking: Speaking
  progress: Progress
  outbox: Outbox
  /** false: Redis can't be reached now. */
  enqueue(operation: number): Promise<boolean>
  strangers: Strangers
  menus: Menus
  notRun: NotRun
  rateLimit: RateLimit
  looks: Looks
  live: LiveMessages
  upgrades: Upgrades
  /** Updates that an earlier process accepted: nobody has sent them too fast now. */
  again: ReadonlySet<number>
  /** false: said less than a minute ago. */
  seldom(key: string): boolean
  keepName(who: Incoming): Promise<void>
  newCode(): string
  config: Config
  startedAt: number
  /** Of the manager's own bot, without the @. */
  username: string
}

export const contextOf = (door: Door, said: Known): CommandContext => {
  const { engine, verbs, commands, progress, enqueue, newCode } = door
  const requestedBy = `telegram:${said.personId}`
  const onChange = () => void door.menus.refresh()
  const { updateId } = said
  const whose = { chatId: said.place.chatId, personId: said.personId }
  return {
    engine,
    verbs,
    commands,
    door: 'chat',
    requestedBy,
    access: said.access,
    people: openPeople(engine, { by: requestedBy, newCode, onChange }),
    audit: openAudit(engine, { door: 'chat', by: requestedBy, key: `telegram:${updateId ?? newCode()}` }),
    // Whoever answers runs.
    manager: async () => ({ ...(await managerState(engine, door.config)), running: true, since: door.startedAt }),
    ownChecks: () => managerChecks(engine, door.config, engine),
    ...(!said.isPrivate && { here: hereOf(engine, said, onChange) }),
    wizard: openWizard(door, said),
    upgrades: upgradeHere(door, said),
    ...(updateId !== undefined && { requestKey: `telegram:${updateId}` }),
    follow: (operation) => progress.follow(operation, { ...said.place, ...takenOver(said) }),
    enqueue,
    ...endLiveOf(door, said),
    forget: () =>
      engine.database.transaction(async (entities) => {
        const awaited = await awaitedIn(entities, whose, engine.clock.now())
        await clearAwaited(entities, whose)
        return awaited !== undefined
      }),
  }
}

const endLiveOf = ({ live }: Door, { pressed, place: { chatId } }: Known) =>
  pressed === undefined ? {} : { endLive: () => live.end({ chatId, messageId: pressed }) }

/** Says what a command answered, with buttons for what it offers, and shows how that which it began goes on. */
export const sayReply = async (door: Door, said: Incoming, reply: Reply): Promise<void> => {
  const { offers = [], operation, live } = reply
  const { replaces, pressed: _, ...rest } = said
  // The message that an operation is shown in is the progress's, and a document can't take a text's place.
  const to: Incoming = operation !== undefined && replaces !== undefined ? rest : said
  const messageId = (reply.document ? undefined : to.replaces) ?? null
  const audience = { chatId: said.place.chatId, personId: said.personId, messageId }
  const buttons = offers.length > 0 ? { markup: await keyboard(door.engine, audience, offers) } : {}
  await say(door, to, said.quiet ? { text: [] } : { ...reply, ...buttons })
  if (operation !== undefined) door.progress.wake(operation)
  if (live) door.live.begin(said, live)
  reply.afterwards?.()
}

const takenOver = ({ replaces }: Incoming) => (replaces === undefined ? {} : { messageId: replaces })

/** What can be put right is said as it is; a bug is logged and only mentioned. */
export const sayError = async (door: Door, said: Incoming, error: unknown): Promise<void> => {
  if (error instanceof TbsError) {
    const hint = hintOf(error)
    return say(door, said, { text: [line(error.message), ...(hint === undefined ? [] : [line(hint)])] })
  }
  const by = { chat: said.place.chatId, person: said.personId }
  door.speaking.log.error({ err: error, ...by }, `a command failed by a bug: ${messageOf(error)}`)
  return say(door, said, { text: [line('Internal error. The manager’s log has the details.')] })
}
