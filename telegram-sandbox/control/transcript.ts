import { peopleIn } from '../world/chats.ts'
import { botById, type World } from '../world/world.ts'
import { messageView } from './view.ts'

const SHOWN = 12

/** The last messages of all chats, one a line, for the message of a failed test. */
export const transcript = (world: World): string => {
  const lines = world.state.chats.flatMap((chat) => {
    const name = chat.type === 'private' ? `@${botById(world, chat.bot)?.username}` : chat.title
    const people = peopleIn(world, chat).map((person) => person.name)
    return chat.messages.map((message) => {
      const { from, text, deleted, document, buttons, history, service } = messageView(world, message)
      const marks = [
        history.length > 1 && `edited ${history.length - 1}x`,
        deleted && 'deleted',
        message.thread && `topic ${message.thread}`,
        service && JSON.stringify(service),
        document && `document ${document.file_name}`,
        buttons.length > 0 && `buttons ${buttons.flat().map((button) => button.text)}`,
      ].filter(Boolean)
      const line = `[${name}, ${people}] ${from.name} #${message.message_id}: ${text}`
      return { at: history.at(-1)?.at ?? 0, line: marks.length ? `${line} (${marks.join(', ')})` : line }
    })
  })
  const last = lines.toSorted((one, other) => one.at - other.at).slice(-SHOWN)
  return last.length ? `Last messages:\n${last.map(({ line }) => line).join('\n')}` : 'No messages at all.'
}
