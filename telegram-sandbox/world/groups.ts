import { mustHaveGroup } from './chats.ts'
import { ownerOf } from './members.ts'
import { postMessage } from './messages.ts'
import type { Group } from './state.ts'
import { tellBots } from './tell-bots.ts'
import { emit, type World } from './world.ts'

// Each kind of chat has its own range of ids in Telegram: -100… for supergroups and channels.
const FIRST = { group: -4_001_000_001, supergroup: -1_001_000_000_001, channel: -1_002_000_000_001 }

/** `basic`: a group of Telegram's older kind, which `migrate` makes a supergroup. Admins are taken as members too. */
export type NewGroup = { title: string; members: number[]; admins?: number[]; forum?: boolean; basic?: boolean }

/** `linkedGroup` gets each post as an automatic forward. In a channel every bot is an admin. */
export type NewChannel = { title: string; members: number[]; linkedGroup?: number }

export const addGroup = (world: World, { title, members, admins = [], forum, basic }: NewGroup): Group => {
  if (forum && basic) throw new Error('Only a supergroup can be a forum')
  const everybody = [...new Set([...members, ...admins])]
  const group = { title, members: everybody, admins: [...admins], ...(forum ? { topics: [] } : {}) }
  return add(world, basic ? 'group' : 'supergroup', group)
}

export const addChannel = (world: World, { title, members, linkedGroup }: NewChannel): Group => {
  if (linkedGroup !== undefined) mustHaveGroup(world, linkedGroup)
  const channel = { title, members: [...members], admins: [...members] }
  return add(world, 'channel', linkedGroup === undefined ? channel : { ...channel, linkedGroup })
}

/** The new supergroup. The basic group stays, closed, and both say what became of it. */
export const migrate = (world: World, id: number): Group => {
  const old = mustHaveGroup(world, id)
  if (old.type !== 'group') throw new Error(`${old.title} is a ${old.type}: only a basic group becomes a supergroup`)
  if (old.migratedTo) throw new Error(`${old.title} is a supergroup already: ${old.migratedTo}`)
  const { title, members, admins = [] } = old
  const grown = add(world, 'supergroup', { title, members: [...members], admins: [...admins] })
  const from = ownerOf(world, old)
  const leave = postMessage(world, old, { from, service: { migrate_to_chat_id: grown.id } })
  old.migratedTo = grown.id
  tellBots(world, old, leave)
  const arrival = { from, sender_chat: grown.id, service: { migrate_from_chat_id: old.id } }
  tellBots(world, grown, postMessage(world, grown, arrival))
  return grown
}

type Described = Pick<Group, 'title' | 'members' | 'admins' | 'topics' | 'linkedGroup'>

const add = (world: World, type: Group['type'], described: Described): Group => {
  const place = world.state.chats.filter((chat) => chat.type === type).length
  const group: Group = { type, id: FIRST[type] - place, ...described, nextMessageId: 1, messages: [] }
  world.state.chats.push(group)
  emit(world, { type: 'group', id: group.id })
  return group
}
