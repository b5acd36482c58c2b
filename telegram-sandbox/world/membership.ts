import { accountJson, chatJson } from './bot-view.ts'
import { chatOfPerson, mustHaveGroup, mustHavePerson } from './chats.ts'
import { isAdmin, memberJson, ownerOf, type Status, statusIn } from './members.ts'
import { postMessage } from './messages.ts'
import type { Group, ServiceMessage, StoredChat } from './state.ts'
import { tellBots } from './tell-bots.ts'
import { pushUpdate } from './updates.ts'
import { botById, emit, seconds, type World } from './world.ts'

/** A person blocks a bot, or takes that back. Nothing happens when it is so already. */
export const setBlocked = (world: World, personId: number, { bot, blocked }: { bot: string; blocked: boolean }) => {
  const chat = chatOfPerson(world, mustHavePerson(world, personId), bot)
  if (chat.type !== 'private' || Boolean(chat.blocked) === blocked) return
  chat.blocked = blocked
  const [old, next]: [Status, Status] = blocked ? ['member', 'kicked'] : ['kicked', 'member']
  tellChange(world, chat, { who: chat.bot, by: personId, old, next })
}

export const addMember = (world: World, id: number, who: number): void => {
  const group = mustHaveGroup(world, id)
  change(world, group, { who, by: ownerOf(world, group) }, () => {
    group.kicked = group.kicked?.filter((other) => other !== who) ?? []
    group.members = [...group.members, who]
  })
  say(world, group, { from: ownerOf(world, group), service: { new_chat_members: [who] } })
}

export const promote = (world: World, id: number, who: number): void => {
  const group = mustHaveGroup(world, id)
  if (!group.members.includes(who)) throw new Error(`${who} is not a member of ${group.title}`)
  change(world, group, { who, by: ownerOf(world, group) }, () => {
    group.admins = [...new Set([...(group.admins ?? []), who])]
  })
}

export const kick = (world: World, id: number, who: number): void => {
  const group = mustHaveGroup(world, id)
  const by = ownerOf(world, group)
  remove(world, group, { who, by, forGood: true })
}

/** A bot goes by itself, and may be added again. */
export const leave = (world: World, group: Group, who: number): void =>
  remove(world, group, { who, by: who, forGood: false })

type Removal = { who: number; by: number; forGood: boolean }

const remove = (world: World, group: Group, { who, by, forGood }: Removal) => {
  if (!group.members.includes(who)) throw new Error(`${who} is not a member of ${group.title}`)
  // Whoever is thrown out is told of it by the same message as those who stay.
  say(world, group, { from: by, service: { left_chat_member: who } })
  change(world, group, { who, by }, () => {
    group.members = group.members.filter((id) => id !== who)
    group.admins = group.admins?.filter((id) => id !== who) ?? []
    if (forGood) group.kicked = [...(group.kicked ?? []), who]
  })
}

const change = (world: World, group: Group, { who, by }: { who: number; by: number }, act: () => void) => {
  const old = statusIn(world, group, who)
  act()
  const next = statusIn(world, group, who)
  if (old === next) return
  emit(world, { type: 'group', id: group.id })
  tellChange(world, group, { who, by, old, next })
}

const say = (world: World, group: Group, { from, service }: { from: number; service: ServiceMessage }) =>
  tellBots(world, group, postMessage(world, group, { from, service }))

type Change = { who: number; by: number; old: Status; next: Status }

// my_chat_member goes to the bot that it is about, chat_member to the bots that are admins there.
const tellChange = (world: World, chat: StoredChat, { who, by, old, next }: Change) => {
  const body = {
    chat: chatJson(world, chat),
    from: accountJson(world, by),
    date: seconds(world),
    old_chat_member: memberJson(world, { id: who, status: old, type: chat.type }),
    new_chat_member: memberJson(world, { id: who, status: next, type: chat.type }),
  }
  const itself = botById(world, who)
  if (itself) pushUpdate(world, itself, { type: 'my_chat_member', body })
  if (chat.type === 'private') return
  for (const bot of chat.members.flatMap((id) => botById(world, id) ?? [])) {
    if (bot.id !== who && isAdmin(world, chat, bot.id)) pushUpdate(world, bot, { type: 'chat_member', body })
  }
}
