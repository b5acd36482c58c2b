import { accountJson } from './bot-view.ts'
import type { Group } from './state.ts'
import { personById, type World } from './world.ts'

export type Status = 'creator' | 'administrator' | 'member' | 'left' | 'kicked'

export const statusIn = (world: World, group: Group, id: number): Status => {
  if (group.kicked?.includes(id)) return 'kicked'
  if (!group.members.includes(id)) return 'left'
  if (ownerOf(world, group) === id) return 'creator'
  return group.admins?.includes(id) ? 'administrator' : 'member'
}

export const isAdmin = (world: World, group: Group, id: number): boolean =>
  ['creator', 'administrator'].includes(statusIn(world, group, id))

/** The group's first person; the first member at all where there are no people. */
export const ownerOf = (world: World, { members }: Group): number =>
  members.find((id) => personById(world, id)) ?? members[0] ?? 0

/** A ChatMember object. */
export const memberJson = (world: World, { id, status, type }: { id: number; status: Status; type: string }) => {
  const user = accountJson(world, id)
  if (status === 'creator') return { user, status, is_anonymous: false }
  if (status === 'administrator') return { user, status, can_be_edited: false, ...rights(type) }
  return status === 'kicked' ? { user, status, until_date: 0 } : { user, status }
}

// An administrator of the sandbox may do everything.
const rights = (type: string) => ({
  can_manage_chat: true,
  can_change_info: true,
  ...(type === 'channel' ? { can_post_messages: true, can_edit_messages: true } : {}),
  can_delete_messages: true,
  can_invite_users: true,
  can_restrict_members: true,
  ...(type === 'channel' ? {} : { can_pin_messages: true }),
  ...(type === 'supergroup' ? { can_manage_topics: true } : {}),
  can_promote_members: true,
  can_manage_video_chats: true,
  is_anonymous: false,
})
