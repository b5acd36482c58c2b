/** What happened to a chat, in words: the text of a service message. */
export const eventText = ({ service, from }, { me }) => {
  const who = from.id === me ? 'You' : from.name
  if (service.forum_topic_created) return `${who} created the topic “${service.forum_topic_created.name}”`
  if (service.migrate_to_chat_id) return 'This group has become a supergroup'
  if (service.migrate_from_chat_id) return 'This supergroup goes on from a group'
  if (service.pinned_message) return `${who} pinned a message`
  if (service.new_chat_members) return `${who} added somebody to the group`
  return service.left_chat_member === from.id ? `${who} left the group` : `${who} removed somebody from the group`
}
