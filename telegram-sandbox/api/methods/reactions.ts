import { emit } from '../../world/world.ts'
import { type Method, targetMessage } from '../call.ts'
import { badRequest } from '../errors.ts'
import { json } from '../params.ts'

/** One emoji at most, as for every bot; an empty list takes it back. Which emoji there are is not checked. */
export const setMessageReaction: Method = (call) => {
  const { chat, message } = targetMessage(call, 'message to react')
  const list = json(call.params, 'reaction', 'reaction types') ?? []
  if (!Array.isArray(list)) throw badRequest('expected an Array of ReactionType')
  if (list.length > 1) throw badRequest('REACTIONS_TOO_MANY')
  const emoji = list.map((reaction: unknown) => emojiOf(reaction))
  message.reactions = { ...message.reactions, [call.bot.id]: emoji }
  emit(call.world, { type: 'edit', chat, message: message.message_id })
  return { result: true }
}

const emojiOf = (reaction: unknown): string => {
  const { type, emoji } = Object(reaction)
  if (type !== 'emoji' || typeof emoji !== 'string' || !emoji) throw badRequest('REACTION_INVALID')
  return emoji
}
