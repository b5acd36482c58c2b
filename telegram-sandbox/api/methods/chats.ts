import { accountJson, chatJson, messageJson } from '../../world/bot-view.ts'
import { isAdmin, memberJson, statusIn } from '../../world/members.ts'
import { leave } from '../../world/membership.ts'
import type { Group } from '../../world/state.ts'
import { botById, personById } from '../../world/world.ts'
import { type Call, type Method, targetChat } from '../call.ts'
import { ApiError, badRequest } from '../errors.ts'

export const getChat: Method = (call) => {
  const chat = targetChat(call, 'read')
  const pinned = chat.messages.findLast(({ pinned, deleted }) => pinned && !deleted)
  const shown = pinned ? { pinned_message: messageJson(call.world, chat, pinned) } : {}
  return { result: { ...chatJson(call.world, chat), ...shown } }
}

/** Of people and bots that are not there, too: their status is left or kicked. */
export const getChatMember: Method = (call) => {
  const { world, params } = call
  const id = Number(params.values.user_id)
  const chat = targetChat(call, 'read')
  if (!Number.isSafeInteger(id) || id <= 0) throw badRequest('invalid user_id specified')
  if (!personById(world, id) && !botById(world, id)) throw badRequest('user not found')
  if (chat.type !== 'private')
    return { result: memberJson(world, { id, status: statusIn(world, chat, id), type: chat.type }) }
  const here = [chat.bot, chat.person].includes(id)
  if (!here) throw badRequest('member not found')
  return { result: { user: accountJson(world, id), status: 'member' } }
}

/** Of the bots only the one that asks. */
export const getChatAdministrators: Method = (call) => {
  const { world, bot } = call
  const group = targetGroup(call, 'there are no administrators in the private chat')
  const admins = group.members.filter((id) => isAdmin(world, group, id) && (id === bot.id || !botById(world, id)))
  return { result: admins.map((id) => memberJson(world, { id, status: statusIn(world, group, id), type: group.type })) }
}

export const leaveChat: Method = (call) => {
  const group = targetGroup(call, "chat member status can't be changed in private chats")
  if (!group.members.includes(call.bot.id)) {
    throw new ApiError(403, `Forbidden: bot is not a member of the ${group.type} chat`)
  }
  leave(call.world, group, call.bot.id)
  return { result: true }
}

const targetGroup = (call: Call, otherwise: string): Group => {
  const chat = targetChat(call, 'read')
  if (chat.type === 'private') throw badRequest(otherwise)
  return chat
}
