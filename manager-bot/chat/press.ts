import type { CallbackQuery } from 'telegraf/types'
import { messageOf } from '../../deploy-engine/index.ts'
import { answer } from '../answer.ts'
import { contextOf, type Door, sayError, sayReply } from './door.ts'
import type { Incoming } from './message.ts'
import { type Button, useButton } from './records/button.ts'
import { personById } from './records/person.ts'

/**
 * A pressed button: its command is carried out as if that person had typed it. Each works once, for the person and at
 * the message that it was made for; anything else is told so and changes nothing.
 */
export const press = async (door: Door, query: CallbackQuery): Promise<void> => {
  const { engine } = door
  const person = await personById(engine.database.read, query.from.id)
  if (!person) return door.countStranger(query.from.id)
  const button = await claimed(door, query)
  await acknowledge(door, query, button ? undefined : NOT_VALID)
  if (!button) return
  const said = asIncoming(query, button)
  try {
    await strip(door, button)
    const command = door.commands.find(({ name }) => name === button.command)
    if (!command) throw new Error(`no command ${button.command} behind a button`)
    await sayReply(door, said, await answer(command, button.input, contextOf(door, said)))
  } catch (error) {
    await sayError(door, said, error)
  }
}

const NOT_VALID = 'This button was used, is too old, or is not yours. Send the command instead.'

const claimed = async ({ engine }: Door, { data, message, from }: CallbackQuery & { data?: string }) => {
  if (data === undefined || !message) return undefined
  const pressed = { nonce: data, chatId: message.chat.id, messageId: message.message_id, personId: from.id }
  return engine.database.transaction((entities) => useButton(entities, pressed, engine.clock.now()))
}

const asIncoming = ({ from, message }: CallbackQuery, { chatId, messageId }: Button): Incoming => ({
  messageId: messageId ?? 0,
  personId: from.id,
  personName: from.username ? `@${from.username}` : from.first_name,
  isPrivate: message?.chat.type === 'private',
  text: '',
  place: {
    chatId,
    threadId: message && 'is_topic_message' in message ? (message.message_thread_id ?? null) : null,
    replyTo: messageId,
  },
})

// A button that turns for ever is only ugly: neither of the two may keep the command from being carried out.
const acknowledge = async ({ speaking: { api, log, signal } }: Door, { id }: CallbackQuery, text?: string) => {
  const alert = text === undefined ? {} : { text, show_alert: true }
  await api.call('answerCallbackQuery', { callback_query_id: id, ...alert }, { signal }).catch((error) => {
    log.warn({ reason: messageOf(error) }, 'a pressed button could not be answered')
  })
}

const strip = async ({ speaking: { api, log, signal } }: Door, { chatId, messageId }: Button): Promise<void> => {
  if (messageId === null) return
  const payload = { chat_id: chatId, message_id: messageId, reply_markup: undefined }
  await api.call('editMessageReplyMarkup', payload as never, { signal }).catch((error) => {
    log.warn({ chat: chatId, reason: messageOf(error) }, 'used buttons could not be taken away')
  })
}
