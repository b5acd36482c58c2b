import { randomBytes } from 'node:crypto'
import type { Telegraf } from 'telegraf'
import type { Update, UserFromGetMe } from 'telegraf/types'
import { type Engine, type Log, messageOf } from '../../deploy-engine/index.ts'
import type { Command, Verbs } from '../command.ts'
import type { Config } from '../config.ts'
import { backoff } from './backoff.ts'
import { createBotApi, createTelegraf, errorCode } from './bot-api.ts'
import { offerOwnership, seedOwner } from './claim.ts'
import { diskFullNotice } from './disk-full.ts'
import { dispatch } from './dispatch.ts'
import type { Door } from './door.ts'
import { setDefaultMenu, setOwnersMenu } from './menu.ts'
import { perChat } from './per-chat.ts'
import { poll } from './poll.ts'
import { press } from './press.ts'
import { openProgress, type Progress } from './progress.ts'
import { acceptUpdates, storedOffset } from './records/handled-update.ts'
import { owners } from './records/person.ts'
import type { Speaking } from './say.ts'
import { strangerCount } from './strangers.ts'

export type ChatParts = {
  engine: Engine
  verbs: Verbs
  commands: readonly Command[]
  config: Config
  log: Log
  enqueue(operation: number): Promise<boolean>
  signal: AbortSignal
}

export type Chat = {
  progress: Progress
  /** Listens and speaks until the signal aborts. `onListening` is called once, before the first poll. */
  run(onListening: (username: string) => void): Promise<void>
}

/** The door that Telegram is. */
export const openChat = (parts: ChatParts): Chat => {
  const { engine, config, log, signal } = parts
  const telegraf = createTelegraf(config)
  const speaking: Speaking = {
    api: createBotApi(telegraf.telegram),
    clock: engine.clock,
    random: Math.random,
    log,
    signal,
  }
  const progress = openProgress(engine, speaking)
  return {
    progress,
    run: async (onListening) => {
      if (config.ownerId !== undefined) await seedOwner(engine, config.ownerId)
      const showing = progress.run(signal)
      const me = await introduce(speaking)
      if (me) {
        await offerOwnership(engine, { username: me.username, newCode, log })
        const settingMenus = setMenus(parts, speaking)
        onListening(me.username)
        await listen(telegraf, { ...parts, speaking, progress, username: me.username }, me)
        await settingMenus
      }
      await showing
    },
  }
}

const newCode = (): string => randomBytes(16).toString('base64url')

/** Who am I? Asked until Telegram answers; undefined when the signal aborts first. */
const introduce = async ({ api, clock, random, log, signal }: Speaking): Promise<UserFromGetMe | undefined> => {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return await api.call('getMe', {}, { signal })
    } catch (error) {
      if (signal.aborted) break
      const refused = errorCode(error) === 401 || errorCode(error) === 404
      const message = refused
        ? "Telegram refuses the manager's token: put a valid one into TBS_TOKEN and start again"
        : 'Telegram can not be reached, trying on'
      if (failures === 1) log[refused ? 'error' : 'warn']({ reason: messageOf(error) }, message)
      await clock.sleep(backoff(failures, random), signal).catch(() => {})
    }
  }
  return undefined
}

type Listening = ChatParts & { speaking: Speaking; progress: Progress; username: string }

const listen = async (telegraf: Telegraf, parts: Listening, me: UserFromGetMe): Promise<void> => {
  const { engine, speaking, log, signal } = parts
  const door: Door = { ...parts, countStranger: strangerCount(log) }
  telegraf.botInfo = me
  telegraf.on('message', ({ message }) => dispatch(door, message))
  telegraf.on('callback_query', ({ callbackQuery }) => press(door, callbackQuery))
  const onError = (err: unknown) => log.error({ err }, 'a message was not handled')
  telegraf.catch(onError)
  const chats = perChat(onError)
  const onFull = diskFullNotice(engine, speaking)
  await poll(
    {
      ...speaking,
      offset: await storedOffset(engine.database.read),
      accept: async (updates) => {
        try {
          return await accept(engine, updates)
        } catch (error) {
          await onFull(error)
          throw error
        }
      },
      handle: (update) => chats.add(chatOf(update), () => telegraf.handleUpdate(update)),
    },
    signal,
  )
  await chats.idle()
}

const accept = async ({ database, clock }: Engine, updates: Update[]): Promise<Update[]> => {
  const ids = updates.map(({ update_id }) => update_id)
  const fresh = await database.transaction((entities) => acceptUpdates(entities, ids, clock.now()))
  return updates.filter(({ update_id }) => fresh.has(update_id))
}

const chatOf = (update: Update): number => {
  if ('message' in update) return update.message.chat.id
  return 'callback_query' in update ? (update.callback_query.message?.chat.id ?? 0) : 0
}

// A menu is not worth holding up the first command, nor trying again before the next start.
const setMenus = async ({ engine, commands }: ChatParts, { api, log, signal }: Speaking): Promise<void> => {
  try {
    await setDefaultMenu(api, signal)
    for (const { telegramId } of await owners(engine.database.read)) {
      await setOwnersMenu(api, { chatId: telegramId, commands, signal })
    }
  } catch (error) {
    if (!signal.aborted) log.warn({ reason: messageOf(error) }, 'the command menu could not be set')
  }
}
