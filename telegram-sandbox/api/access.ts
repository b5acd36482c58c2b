import type { Bot, StoredChat } from '../world/state.ts'
import { ApiError } from './errors.ts'

/** What a method does in a chat: it reads, it changes what is there, or it adds to it. */
export type Access = 'read' | 'edit' | 'write'

/** Throws what Telegram answers to a bot that may not do that in this chat (Client.cpp, check_chat_access). */
export const checkAccess = (bot: Bot, chat: StoredChat, access: Access): void => {
  if (chat.type === 'private') {
    if (chat.blocked && access !== 'read') throw new ApiError(403, 'Forbidden: bot was blocked by the user')
    return
  }
  if (chat.migratedTo) {
    if (access !== 'write') return
    const parameters = { migrate_to_chat_id: chat.migratedTo }
    throw new ApiError(400, 'Bad Request: group chat was upgraded to a supergroup chat', parameters)
  }
  // Whoever has left a basic group may still read what it knows of it.
  if (chat.type === 'group' && access === 'read') return
  if (chat.kicked?.includes(bot.id)) throw new ApiError(403, `Forbidden: bot was kicked from the ${chat.type} chat`)
  if (!chat.members.includes(bot.id)) throw new ApiError(403, `Forbidden: bot is not a member of the ${chat.type} chat`)
}
