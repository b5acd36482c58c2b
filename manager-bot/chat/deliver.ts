import { buildLog, type Engine } from '../../deploy-engine/index.ts'
import { headline, runningNow } from '../operation-text.ts'
import { toHtml } from '../text/html.ts'
import { bold, line } from '../text/rich-text.ts'
import { says } from './bot-api.ts'
import type { Frame } from './frame.ts'
import { type Keyboard, keyboard } from './keyboard.ts'
import { changeOperationMessage, type OperationMessage } from './records/operation-message.ts'
import { type Speaking, sendDocument, sendText } from './say.ts'

/** Brings one message up to the frame, and raises the alarm if it tells of a failure. Fails as the Bot API does. */
export const deliver = async (
  engine: Engine,
  speaking: Speaking,
  { message, frame }: { message: OperationMessage; frame: Frame },
): Promise<void> => {
  const { operation } = frame.view
  const messageId = await show(speaking, message, { ...frame, keyboard: await keyboardOf(engine, message, frame) })
  await save(engine, message, { messageId, deliveredRevision: operation.revision })
  if (operation.state === 'failed' && !message.alarmed) {
    await alarm(engine, speaking, { message: { ...message, messageId }, frame })
    await save(engine, message, { alarmed: true })
  }
  if (frame.settled) await save(engine, message, { state: 'closed' })
}

// For whoever asked; what the manager began itself is shown to an owner in the private chat.
const keyboardOf = (engine: Engine, { chatId, messageId }: OperationMessage, { view, offers }: Frame) => {
  const [, asker] = /^telegram:(\d+)$/.exec(view.operation.requestedBy) ?? []
  const personId = asker === undefined ? chatId : Number(asker)
  return offers.length === 0 ? undefined : keyboard(engine, { chatId, messageId, personId }, offers)
}

type Shown = Frame & { keyboard: Keyboard | undefined }

const show = async (speaking: Speaking, message: OperationMessage, frame: Shown): Promise<number> => {
  // What the manager does on its own comes unexpected, so it sounds; what was asked for doesn't.
  const silent = frame.view.operation.requestedBy !== 'manager'
  const content = { text: frame.text, silent, ...(frame.keyboard && { keyboard: frame.keyboard }) }
  if (message.messageId === null) return sendText(speaking, message, content)
  try {
    await edit(speaking, { ...message, messageId: message.messageId }, frame)
    await frame.keyboard?.placed(message.messageId)
    return message.messageId
  } catch (error) {
    if (says(error, 'message is not modified')) return message.messageId
    if (!says(error, 'message to edit not found') && !says(error, "message can't be edited")) throw error
    return sendText(speaking, message, content)
  }
}

const edit = async (
  { api }: Speaking,
  { chatId, messageId }: { chatId: number; messageId: number },
  { text, keyboard: buttons }: Shown,
): Promise<void> => {
  const payload = { chat_id: chatId, message_id: messageId, text: toHtml(text), parse_mode: 'HTML' as const }
  const markup = buttons && { reply_markup: buttons.markup }
  await api.call('editMessageText', { ...payload, link_preview_options: { is_disabled: true }, ...markup })
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
