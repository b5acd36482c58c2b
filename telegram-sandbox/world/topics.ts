import { topicIn } from './chats.ts'
import { deleteMessage, postMessage } from './messages.ts'
import type { Group, Topic } from './state.ts'
import { tellBots } from './tell-bots.ts'
import { emit, type World } from './world.ts'

/** The first of the colours that Telegram gives a topic's icon. */
export const DEFAULT_ICON_COLOUR = 7_322_096

export type NewTopic = { name: string; by: number; iconColour?: number }

export const addTopic = (world: World, group: Group, { name, by, iconColour }: NewTopic): Topic => {
  if (!group.topics) throw new Error(`${group.title} is no forum`)
  const service = { forum_topic_created: { name, icon_color: iconColour ?? DEFAULT_ICON_COLOUR } }
  // The message that creates a topic is in it, and its id is the topic's.
  const message = postMessage(world, group, { from: by, service })
  message.thread = message.message_id
  const topic = { id: message.message_id, name }
  group.topics.push(topic)
  emit(world, { type: 'group', id: group.id })
  tellBots(world, group, message)
  return topic
}

/** Its messages go with it. Telegram tells no bot. */
export const deleteTopic = (world: World, group: Group, id: number): void => {
  const topic = topicIn(group, id)
  if (!topic) throw new Error(`No topic ${id} in ${group.title}`)
  topic.deleted = true
  for (const message of group.messages) {
    if (message.thread === id && !message.deleted) deleteMessage(world, group, message)
  }
  emit(world, { type: 'group', id: group.id })
}
