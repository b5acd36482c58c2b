import { type Engine, type Log, messageOf } from '../../deploy-engine/index.ts'
import type { Command } from '../command.ts'
import { highest, type Role, reaches } from '../role.ts'
import { type BotApi, errorCode } from './bot-api.ts'
import { boundPlaces } from './records/bound-place.ts'
import { allGrants } from './records/grant.ts'

/**
 * The lists of commands that Telegram shows: to strangers /start alone, to each person what the role allows, in bound
 * groups what admins use. A convenience; who may do what is decided when it is asked for.
 */
export type Menus = {
  /** Brings them to what roles and places are now; never fails. */
  refresh(): Promise<void>
  /** This chat exists: one that could not be reached may be now. */
  seen(chatId: number): void
}

export type MenuParts = { commands: readonly Command[]; api: BotApi; log: Log; signal: AbortSignal }

export const openMenus = (engine: Engine, parts: MenuParts): Menus => {
  const state: State = { ...parts, engine, shown: new Map(), unreachable: new Set() }
  let last: Promise<void> = Promise.resolve()
  const refresh = (): Promise<void> => {
    last = last.then(() => bringUp(state)).catch((error) => giveUp(state, error))
    return last
  }
  return {
    refresh,
    seen: (chatId) => {
      if (!state.unreachable.delete(chatId)) return
      state.shown.delete(chatId)
      void refresh()
    },
  }
}

type Menu = { command: string; description: string }[]

type State = MenuParts & {
  engine: Engine
  /** By chat, as JSON. */
  shown: Map<number, string>
  unreachable: Set<number>
}

const DEFAULT = 0

const bringUp = async (state: State): Promise<void> => {
  const wanted = await wantedMenus(state)
  for (const [chatId, menu] of wanted) await show(state, chatId, menu)
  for (const chatId of [...state.shown.keys()]) if (!wanted.has(chatId)) await show(state, chatId, [])
}

/** Private chats have the number of their person. */
const wantedMenus = async ({ engine, commands }: State): Promise<Map<number, Menu>> => {
  const { read } = engine.database
  const menus = new Map<number, Menu>([[DEFAULT, [{ command: 'start', description: 'Start' }]]])
  const roles = new Map<number, Role>()
  for (const { personId, role } of await allGrants(read)) {
    roles.set(personId, highest([role, roles.get(personId) ?? role]) ?? role)
  }
  for (const [personId, role] of roles) menus.set(personId, menuFor(commands, role))
  for (const { chatId } of await boundPlaces(read)) menus.set(chatId, menuFor(commands, 'admin'))
  return menus
}

const menuFor = (commands: readonly Command[], role: Role): Menu =>
  commands
    .filter((command) => reaches(role, command.role))
    .map(({ name, summary }) => ({ command: name, description: summary }))

const show = async (state: State, chatId: number, menu: Menu): Promise<void> => {
  const { api, signal, shown, unreachable } = state
  const text = JSON.stringify(menu)
  if (signal.aborted || shown.get(chatId) === text) return
  const scope = chatId === DEFAULT ? {} : { scope: { type: 'chat', chat_id: chatId } as const }
  try {
    if (menu.length === 0) await api.call('deleteMyCommands', scope, { signal })
    else await api.call('setMyCommands', { commands: menu, ...scope }, { signal })
  } catch (error) {
    const code = errorCode(error)
    if (code !== 400 && code !== 403) throw error
    // Somebody who never wrote to me, or left: tried again once that chat is heard of.
    unreachable.add(chatId)
  }
  if (menu.length === 0) shown.delete(chatId)
  else shown.set(chatId, text)
}

const giveUp = ({ log, signal }: State, error: unknown): void => {
  if (!signal.aborted) log.warn({ reason: messageOf(error) }, 'the command menu could not be set')
}
