import type { Command } from '../../world/state.ts'
import { emit } from '../../world/world.ts'
import type { Method } from '../call.ts'
import { badRequest } from '../errors.ts'
import { json, type Params } from '../params.ts'

const SIMPLE_SCOPES = ['default', 'all_private_chats', 'all_group_chats', 'all_chat_administrators']
const CHAT_SCOPES = ['chat', 'chat_administrators', 'chat_member']
const MAX_COMMANDS = 100

export const setMyCommands: Method = ({ world, bot, params }) => {
  const list = json(params, 'commands', 'commands') ?? []
  if (!Array.isArray(list)) throw badRequest('expected an Array of BotCommand')
  if (list.length > MAX_COMMANDS) throw badRequest('BOT_COMMANDS_TOO_MUCH')
  bot.commands[scopeKey(params)] = list.map(command)
  emit(world, { type: 'commands', bot: bot.id })
  return { result: true }
}

export const getMyCommands: Method = ({ bot, params }) => ({ result: bot.commands[scopeKey(params)] ?? [] })

export const deleteMyCommands: Method = ({ world, bot, params }) => {
  delete bot.commands[scopeKey(params)]
  emit(world, { type: 'commands', bot: bot.id })
  return { result: true }
}

const command = (value: unknown): Command => {
  const refuse = (why: string) => badRequest(`Can't parse BotCommand: ${why}`)
  if (typeof value !== 'object' || value === null) throw refuse('expected an Object')
  const { command, description } = value as Record<string, unknown>
  if (typeof command !== 'string') throw refuse('Can\'t find field "command"')
  if (typeof description !== 'string') throw refuse('Can\'t find field "description"')
  const name = command.trim().replace(/^\//, '')
  if (!name) throw badRequest('command must be non-empty')
  if (!/^[a-z0-9_]{1,32}$/.test(name)) throw badRequest('BOT_COMMAND_INVALID')
  if (!description.trim()) throw badRequest('command description must be non-empty')
  if (description.length > 256) throw badRequest('command description length must not exceed 256')
  return { command: name, description }
}

/** `default`, `chat:17`, `chat_member:-100…:17`, and `/de` after it for a language. */
const scopeKey = (params: Params): string => {
  const language = params.values.language_code ? `/${params.values.language_code}` : ''
  const scope = json(params, 'scope', 'BotCommandScope') ?? { type: 'default' }
  const refuse = (why: string) => badRequest(`Can't parse BotCommandScope: ${why}`)
  if (typeof scope !== 'object') throw refuse('BotCommandScope must be an Object')
  const { type, chat_id, user_id } = scope as Record<string, unknown>
  if (typeof type !== 'string') throw refuse('Can\'t find field "type"')
  if (SIMPLE_SCOPES.includes(type)) return type + language
  if (!CHAT_SCOPES.includes(type)) throw refuse('Unsupported type specified')
  if (!chat_id) throw refuse('Empty chat_id specified')
  if (type === 'chat_member' && !(Number(user_id) > 0)) throw refuse('Invalid user_id specified')
  return `${type}:${chat_id}${type === 'chat_member' ? `:${user_id}` : ''}${language}`
}
