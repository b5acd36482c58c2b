import type { Command } from '../command.ts'
import type { BotApi } from './bot-api.ts'

type Menu = { command: string; description: string }[]

/** Strangers see nothing but /start. The menu is a convenience; who may do what is decided by dispatch. */
export const setDefaultMenu = async (api: BotApi, signal: AbortSignal): Promise<void> => {
  await api.call('setMyCommands', { commands: [{ command: 'start', description: 'Start' }] }, { signal })
}

export const setOwnersMenu = async (
  api: BotApi,
  { chatId, commands, signal }: { chatId: number; commands: readonly Command[]; signal: AbortSignal },
): Promise<void> => {
  const menu: Menu = commands.map(({ name, summary }) => ({ command: name, description: summary }))
  await api.call('setMyCommands', { commands: menu, scope: { type: 'chat', chat_id: chatId } }, { signal })
}
