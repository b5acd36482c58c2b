import type { Telegraf } from 'telegraf'
import type { Update, UserFromGetMe } from 'telegraf/types'
import {
  type Engine,
  type HostLook,
  hostCondition,
  type Log,
  messageOf,
  steadyClock,
  type Upgrading,
} from '../../deploy-engine/index.ts'
import type { Command, Verbs } from '../command.ts'
import type { Config } from '../config.ts'
import { openUpgrades } from '../upgrade/upgrades.ts'
import { type Alerts, openAlerts } from './alerts.ts'
import { backoff } from './backoff.ts'
import { ANSWER_MS, createBotApi, createTelegraf, errorCode } from './bot-api.ts'
import { offerOwnership, seedOwner } from './claim.ts'
import { diskFullNotice } from './disk-full.ts'
import { dispatch } from './dispatch.ts'
import type { Door } from './door.ts'
import { tellLiveEnded } from './end-live.ts'
import { everyMinute } from './every-minute.ts'
import { acceptInto, finishUpdate, unfinishedUpdates } from './inbox.ts'
import { openLanes } from './lanes.ts'
import { type LiveMessages, openLiveMessages } from './live-messages.ts'
import { noteStart } from './manager-state.ts'
import { openMenus } from './menu.ts'
import { nameKeeper } from './names.ts'
import { newCode } from './new-code.ts'
import { openNotRun } from './not-run.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { withOwnersFile } from './owners-file.ts'
import { USERNAME } from './people.ts'
import { perChat } from './per-chat.ts'
import { poll } from './poll.ts'
import { pollTrouble } from './poll-trouble.ts'
import { hearPress } from './press.ts'
import { openProgress, type Progress } from './progress.ts'
import { closeQuestions } from './questions.ts'
import { rateLimit } from './rate-limit.ts'
import { BACK, openReach } from './reach.ts'
import { forgetHandledUpdates, storedOffset } from './records/handled-update.ts'
import { noteOf, setNote } from './records/note.ts'
import { seldom } from './seldom.ts'
import type { Speaking } from './speaking.ts'
import { openStrangers } from './strangers.ts'
import { tellUpgrade } from './tell-upgrade.ts'
import { endForgotten } from './wizard/ended.ts'
import { openLooks } from './wizard/looks.ts'

export type ChatParts = {
  engine: Engine
  verbs: Verbs
  commands: readonly Command[]
  config: Config
  log: Log
  enqueue(operation: number): Promise<boolean>
  upgrading: Upgrading
  signal: AbortSignal
}

export type Chat = {
  progress: Progress
  alerts: Alerts
  outbox: Outbox
  /** By when its loop turns again, whatever Telegram does, ms of the clock's `elapsed`. */
  dueAt(): number
  /** Telegram has answered the last poll. */
  polls(): boolean
  /** Whether it reaches Telegram, for the watch over the host. */
  telegramLook: HostLook
  /** Listens and speaks until the signal aborts. `onListening` is called once, before the first poll. */
  run(onListening: (username: string) => void): Promise<void>
}

/** The door that Telegram is. */
export const openChat = (parts: ChatParts): Chat => {
  const { engine, config, log, signal } = parts
  const telegraf = createTelegraf(config)
  const onBack = () => {
    // At once, so that what was to be told of the outage is told as over.
    hostCondition(engine, { condition: 'telegram', ok: true, ...BACK }).catch((err) =>
      log.error({ err }, 'that Telegram answers again could not be written down'),
    )
  }
  const reach = openReach(createBotApi(telegraf.telegram), { clock: engine.clock, onBack })
  const speaking: Speaking = {
    api: reach.api,
    clock: steadyClock(engine.clock),
    random: Math.random,
    log,
    signal,
  }
  const lanes = openLanes(speaking)
  const outbox = openOutbox(engine, speaking, lanes)
  const progress = openProgress({ engine, speaking, lanes, outbox })
  const live = openLiveMessages({ engine, speaking, lanes })
  const alerts = openAlerts({ engine, speaking, lanes })
  let dueAt = engine.clock.elapsed()
  let polls = false
  const answered = (well: boolean) => {
    polls = well
  }
  const alive = (waitMs = 0) => {
    dueAt = engine.clock.elapsed() + waitMs
  }
  return {
    progress,
    alerts,
    outbox,
    dueAt: () => dueAt,
    polls: () => polls,
    telegramLook: reach.look,
    run: async (onListening) => {
      if (config.ownerId !== undefined) await seedOwner(engine, config.ownerId)
      await noteStart(engine)
      await outbox.resume()
      await tellLiveEnded(engine, outbox)
      const showing = Promise.all([
        progress.run(signal),
        alerts.run(signal),
        closeQuestions(engine, { outbox, speaking }),
        tellUpgrade(engine, { upgrading: parts.upgrading, outbox, speaking }),
      ])
      const me = await introduce(speaking, alive)
      if (me) {
        await rememberName(engine, me.username)
        await offerOwnership(engine, { username: me.username, newCode, log })
        onListening(me.username)
        const { username } = me
        await listen(telegraf, { ...parts, speaking, progress, outbox, live, alive, answered, username }, me)
      }
      await showing
      // What is on its way may have arrived: cut off now, it would be sent a second time after the restart.
      await lanes.idle()
    },
  }
}

// The terminal makes links of it.
const rememberName = async ({ database, clock }: Engine, username: string): Promise<void> => {
  if ((await noteOf(database.read, USERNAME))?.value === username) return
  await database.transaction((entities) => setNote(entities, { key: USERNAME, value: username, at: clock.now() }))
}

/** Who am I? Asked until Telegram answers; undefined when the signal aborts first. */
const introduce = async (
  { api, clock, random, log, signal }: Speaking,
  alive: Listening['alive'],
): Promise<UserFromGetMe | undefined> => {
  for (let failures = 1; !signal.aborted; failures++) {
    alive(ANSWER_MS)
    try {
      return await api.call('getMe', {}, { signal })
    } catch (error) {
      if (signal.aborted) break
      const refused = errorCode(error) === 401 || errorCode(error) === 404
      const message = refused
        ? "Telegram refuses the manager's token: put a valid one into TBS_TOKEN and start again"
        : 'Telegram can not be reached, trying on'
      if (failures === 1) log[refused ? 'error' : 'warn']({ reason: messageOf(error) }, message)
      const pauseMs = backoff(failures, random)
      alive(pauseMs)
      await clock.sleep(pauseMs, signal).catch(() => {})
    }
  }
  return undefined
}

type Listening = ChatParts & {
  speaking: Speaking
  progress: Progress
  outbox: Outbox
  live: LiveMessages
  username: string
  alive(waitMs?: number): void
  answered(well: boolean): void
}

const listen = async (telegraf: Telegraf, parts: Listening, me: UserFromGetMe): Promise<void> => {
  const { engine, speaking, outbox, log, signal, alive, answered } = parts
  const left = await unfinishedUpdates(engine)
  const door = openDoor(parts, new Set(left.map(({ update_id }) => update_id)))
  const chores = {
    'telling of strangers': door.strangers.settle,
    'telling what was not run': door.notRun.tell,
    'setting menus': door.menus.refresh,
    'forgetting unfinished answers': () => endForgotten(door),
    'forgetting handled updates': () =>
      engine.database.transaction((entities) => forgetHandledUpdates(entities, engine.clock.now())),
  }
  const doingChores = everyMinute(chores, { clock: engine.clock, log, signal })
  telegraf.botInfo = me
  telegraf.on('message', ({ message, update }) => dispatch(door, message, update.update_id))
  telegraf.on('edited_message', ({ editedMessage, update }) => dispatch(door, editedMessage, update.update_id))
  // Given back to `act` below, which knows the update.
  telegraf.catch((error) => {
    throw error
  })
  const chats = perChat((err) => log.error({ err }, 'that a message was handled could not be written down'))
  const onFull = diskFullNotice(engine, speaking)
  const act = async (update: Update, work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      // Cut off by the end of the process: the next one does it again.
      if (signal.aborted) return
      log.error({ err: error, update: update.update_id }, 'a message was not handled')
    }
    await finishUpdate(engine, update.update_id)
  }
  const handle = (update: Update) => {
    const isPress = 'callback_query' in update
    const work = isPress
      ? hearPress(door, update.callback_query, update.update_id)
      : () => telegraf.handleUpdate(update)
    chats.add(chatOf(update), () => act(update, work))
  }
  for (const update of left) handle(update)
  await door.looks.resume()
  await poll(
    {
      ...speaking,
      ...{ alive, answered },
      trouble: pollTrouble(engine, outbox),
      offset: await storedOffset(engine.database.read),
      accept: async (updates) => {
        try {
          return await acceptInto(engine, updates)
        } catch (error) {
          await onFull(error)
          throw error
        }
      },
      handle,
    },
    signal,
  )
  await chats.idle()
  await door.looks.idle()
  await door.live.idle()
  await doingChores
}

const openDoor = (parts: Listening, again: ReadonlySet<number>): Door => {
  const { engine, speaking, commands, outbox, log, signal } = parts
  return {
    ...parts,
    again,
    strangers: openStrangers(engine, { outbox, log }),
    menus: withOwnersFile(engine, { menus: openMenus(engine, { commands, api: speaking.api, log, signal }), log }),
    notRun: openNotRun(engine, { outbox, signal }),
    rateLimit: rateLimit(engine.clock.elapsed),
    seldom: seldom(engine.clock.elapsed),
    looks: openLooks({ engine, outbox, signal }),
    upgrades: openUpgrades({ ...parts, registry: parts.config.registry }),
    keepName: nameKeeper(engine),
    startedAt: engine.clock.now(),
    newCode,
  }
}

const chatOf = (update: Update): number => {
  if ('message' in update) return update.message.chat.id
  if ('edited_message' in update) return update.edited_message.chat.id
  return 'callback_query' in update ? (update.callback_query.message?.chat.id ?? 0) : 0
}
