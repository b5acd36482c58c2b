import { isAdmin } from '../../world/members.ts'
import { addTopic, DEFAULT_ICON_COLOUR } from '../../world/topics.ts'
import { type Method, targetChat } from '../call.ts'
import { badRequest } from '../errors.ts'
import { integer } from '../params.ts'

const MAX_NAME = 128

export const createForumTopic: Method = (call) => {
  const chat = targetChat(call)
  const name = (call.params.values.name ?? '').trim()
  if (chat.type === 'private' || !chat.topics) throw badRequest('the chat is not a forum')
  if (!isAdmin(call.world, chat, call.bot.id)) throw badRequest('not enough rights to create a topic')
  if (!name || name.length > MAX_NAME) throw badRequest('TOPIC_TITLE_EMPTY')
  const iconColour = integer(call.params, 'icon_color', { otherwise: DEFAULT_ICON_COLOUR })
  const topic = addTopic(call.world, chat, { name, by: call.bot.id, iconColour })
  return { result: { message_thread_id: topic.id, name, icon_color: iconColour } }
}
