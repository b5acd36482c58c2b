import type { CallbackQuery } from 'telegraf/types'
import { messageOf, TbsError } from '../../deploy-engine/index.ts'
import { checkAccess } from '../access.ts'
import { declined } from '../confirmation.ts'
import type { Access } from '../role.ts'
import { accessOf } from './access.ts'
import { carryOut } from './carry-out.ts'
import { contextOf, type Door, sayError } from './door.ts'
import { newNonce } from './keyboard.ts'
import { type Incoming, personName } from './message.ts'
import { SLOW_DOWN } from './rate-limit.ts'
import { ANYBODY, type Button, buttonWith, useButton } from './records/button.ts'
import { say } from './say.ts'
import { ASK_FOR_HERE, isTakenHere } from './taken-here.ts'

/**
 * A pressed button: its command is carried out as if that person had typed it. Each works once, for the person and at
 * the message that it was made for; anything else is told so and changes nothing. Telegram gets its answer at once;
 * what is returned does the work, when the chat's turn comes.
 */
export const hearPress = (door: Door, query: CallbackQuery, updateId: number): (() => Promise<void>) => {
  const heard = claim(door, query, updateId)
  // It is the work that fails.
  heard.catch(() => {})
  return async () => {
    const button = await heard
    if (button) await act(door, asIncoming(query, button, updateId), button)
  }
}

const claim = async (door: Door, query: CallbackQuery, updateId: number): Promise<Button | undefined> => {
  const access = await accessOf(door.engine, query.from.id)
  if (!access) {
    door.strangers.count(query.from.id)
    return undefined
  }
  const refusal = (await refusalOf(door, query, updateId)) ?? (await notForThem(door, query, { access, updateId }))
  const button = refusal === undefined ? await claimed(door, query, updateId) : undefined
  void acknowledge(door, query, button ? undefined : (refusal ?? NOT_VALID))
  return button
}

/** Empty: one that need not be said again. */
const refusalOf = async (door: Door, query: CallbackQuery, updateId: number): Promise<string | undefined> => {
  const room = door.again.has(updateId) ? 'go' : door.rateLimit(query.from.id)
  if (room !== 'go') return room === 'told' ? SLOW_DOWN : ''
  return (await isTakenHere(door, where(query))) ? undefined : ASK_FOR_HERE
}

/** A button for anybody is not used up by who may not use its command. */
const notForThem = async (
  door: Door,
  query: CallbackQuery & { data?: string },
  { access, updateId }: { access: Access; updateId: number },
): Promise<string | undefined> => {
  const button = query.data === undefined ? undefined : await buttonWith(door.engine.database.read, query.data)
  const command = door.commands.find(({ name }) => name === button?.command)
  if (button?.personId !== ANYBODY || !command) return undefined
  const said = { ...asIncoming(query, button, updateId), access }
  try {
    await checkAccess(command, button.input, contextOf(door, said))
    return undefined
  } catch (error) {
    if (error instanceof TbsError) return error.message
    throw error
  }
}

const NOT_VALID = 'This button was used, is too old, or is not yours. Send the command instead.'

const claimed = async (
  { engine }: Door,
  { data, message, from }: CallbackQuery & { data?: string },
  updateId: number,
) => {
  if (data === undefined || !message) return undefined
  const at = { chatId: message.chat.id, messageId: message.message_id }
  const pressed = { ...at, nonce: data, personId: from.id, updateId, nextNonce: newNonce() }
  return engine.database.transaction((entities) => useButton(entities, pressed, engine.clock.now()))
}

const act = async (door: Door, said: Incoming, button: Button): Promise<void> => {
  // Commands that were carried out before it in this chat may have changed that.
  const access = await accessOf(door.engine, said.personId)
  if (!access || !(await isTakenHere(door, said))) return
  if (button.reply === 'no') return say(door, said, { text: declined(button.label) })
  try {
    await door.keepName(said)
    const command = door.commands.find(({ name }) => name === button.command)
    if (!command) throw new Error(`no command ${button.command} behind a button`)
    const confirmed = button.reply === 'yes' ? { confirmed: true as const } : {}
    await carryOut(door, { ...said, access }, { command, input: button.input, ...confirmed })
  } catch (error) {
    await sayError(door, said, error)
  }
}

const asIncoming = (query: CallbackQuery, { fate }: Button, updateId: number): Incoming => ({
  ...where(query),
  updateId,
  messageId: query.message?.message_id ?? 0,
  ...(query.message && { pressed: query.message.message_id }),
  ...(query.message && fate === 'replaced' && { replaces: query.message.message_id }),
  ...(fate === 'shows' && { quiet: true as const }),
  personId: query.from.id,
  personName: personName(query.from),
  text: '',
})

const where = ({ message }: CallbackQuery): Pick<Incoming, 'isPrivate' | 'place'> => ({
  isPrivate: message?.chat.type === 'private',
  place: {
    chatId: message?.chat.id ?? 0,
    threadId: message && 'is_topic_message' in message ? (message.message_thread_id ?? null) : null,
    // As with what is typed: in a private chat it is clear what is answered.
    replyTo: message && message.chat.type !== 'private' ? message.message_id : null,
  },
})

// A button that turns for ever is only ugly: it must not keep the command from being carried out.
const acknowledge = async ({ speaking: { api, log, signal } }: Door, { id }: CallbackQuery, text?: string) => {
  const alert = text ? { text, show_alert: true } : {}
  await api.call('answerCallbackQuery', { callback_query_id: id, ...alert }, { signal }).catch((error) => {
    if (!signal.aborted) log.warn({ reason: messageOf(error) }, 'a pressed button could not be answered')
  })
}
