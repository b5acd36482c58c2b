import { buildLog, type Engine } from '../../deploy-engine/index.ts'
import { headline, runningNow } from '../operation-text.ts'
import { toHtml } from '../text/html.ts'
import { bold, line } from '../text/rich-text.ts'
import { says } from './bot-api.ts'
import type { Frame } from './frame.ts'
import { changeOperationMessage, type OperationMessage } from './records/operation-message.ts'
import { type Speaking, sendDocument, sendText } from './say.ts'

/** Brings one message up to the frame, and raises the alarm if it tells of a failure. Fails as the Bot API does. */
export const deliver = async (
  engine: Engine,
  speaking: Speaking,
  { message, frame }: { message: OperationMessage; frame: Frame },
): Promise<void> => {
  const { operation } = frame.view
  const messageId = await show(speaking, message, frame)
  await save(engine, message, { messageId, deliveredRevision: operation.revision })
  if (operation.state === 'failed' && !message.alarmed) {
    await alarm(engine, speaking, { message: { ...message, messageId }, frame })
    await save(engine, message, { alarmed: true })
  }
  if (frame.settled) await save(engine, message, { state: 'closed' })
}

const show = async (speaking: Speaking, message: OperationMessage, frame: Frame): Promise<number> => {
  // What the manager does on its own comes unexpected, so it sounds; what was asked for doesn't.
  const silent = frame.view.operation.requestedBy !== 'manager'
  if (message.messageId === null) return sendText(speaking, message, { text: frame.text, silent })
  try {
    await edit(speaking, { chatId: message.chatId, messageId: message.messageId }, toHtml(frame.text))
    return message.messageId
  } catch (error) {
    if (says(error, 'message is not modified')) return message.messageId
    if (!says(error, 'message to edit not found') && !says(error, "message can't be edited")) throw error
    return sendText(speaking, message, { text: frame.text, silent })
  }
}

const edit = async (
  { api }: Speaking,
  { chatId, messageId }: { chatId: number; messageId: number },
  text: string,
): Promise<void> => {
  const payload = { chat_id: chatId, message_id: messageId, text, parse_mode: 'HTML' as const }
  await api.call('editMessageText', { ...payload, link_preview_options: { is_disabled: true } })
}

// Edits make no sound, so a failure comes as a second, short message below the first, with the build log if any.
const alarm = async (
  engine: Engine,
  speaking: Speaking,
  { message, frame }: { message: OperationMessage; frame: Frame },
): Promise<void> => {
  const { view } = frame
  const place = { ...message, replyTo: message.messageId }
  const text = [line(bold(headline(view)), `. ${runningNow(view)}`)]
  const content = hasFailedBuild(frame) ? await buildLog(engine, view.operation.id) : undefined
  if (content === undefined) await sendText(speaking, place, { text, silent: false })
  else {
    const document = { name: `${view.bot.name}-build-${view.operation.id}.log`, content }
    await sendDocument(speaking, place, { text, document, silent: false })
  }
}

const hasFailedBuild = ({ view }: Frame): boolean =>
  view.steps.some(({ name, state }) => name === 'build' && state !== 'done')

const save = (
  engine: Engine,
  { id }: OperationMessage,
  change: Parameters<typeof changeOperationMessage>[2],
): Promise<void> => engine.database.transaction((entities) => changeOperationMessage(entities, id, change))
