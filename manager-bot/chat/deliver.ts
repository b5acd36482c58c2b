import { buildLog, type Engine } from '../../deploy-engine/index.ts'
import { headline, runningNow } from '../operation-text.ts'
import { toHtml } from '../text/html.ts'
import { bold, line } from '../text/rich-text.ts'
import type { Frame } from './frame.ts'
import { keyboard, placeKeyboard } from './keyboard.ts'
import type { Outbox } from './outbox.ts'
import { changeOperationMessage, type OperationMessage } from './records/operation-message.ts'
import { type Content, editText, sendText } from './send.ts'
import type { Speaking } from './speaking.ts'

type Parts = { engine: Engine; speaking: Speaking; outbox: Outbox }

/** Brings one message up to the frame, and posts the alarm if it tells of a failure. Fails as the Bot API does. */
export const deliver = async (
  parts: Parts,
  { message, frame }: { message: OperationMessage; frame: Frame },
): Promise<void> => {
  const { engine, outbox } = parts
  const { operation } = frame.view
  const messageId = await show(parts, message, frame)
  const alarming = operation.state === 'failed' && !message.alarmed
  const alarm = alarming ? await alarmOf(engine, { ...message, messageId }, frame) : undefined
  await engine.database.transaction(async (entities) => {
    await changeOperationMessage(entities, message.id, {
      messageId,
      deliveredRevision: operation.revision,
      ...(frame.settled && { state: 'closed' }),
      ...(alarm && { alarmed: true }),
    })
    if (alarm) await outbox.post(entities, alarm)
  })
  if (alarm) outbox.wake(message.chatId)
}

const show = async ({ engine, speaking: { api } }: Parts, message: OperationMessage, frame: Frame): Promise<number> => {
  const markup = await keyboardOf(engine, message, frame)
  // What the manager does on its own comes unexpected, so it sounds; what was asked for doesn't.
  const silent = frame.view.operation.requestedBy !== 'manager'
  const content: Content = { html: toHtml(frame.text), silent, markup }
  const messageId =
    message.messageId === null
      ? await sendText(api, message, content)
      : await editText(api, message, message.messageId, content)
  if (messageId !== message.messageId) await placeKeyboard(engine, markup, messageId)
  return messageId
}

// For whoever asked; what the manager began itself is shown to an owner in the private chat.
const keyboardOf = (engine: Engine, { chatId, messageId }: OperationMessage, { view, offers }: Frame) => {
  const [, asker] = /^telegram:(\d+)$/.exec(view.operation.requestedBy) ?? []
  const personId = asker === undefined ? chatId : Number(asker)
  // Also when there are none any more: those that the message had are forgotten.
  return keyboard(engine, { chatId, messageId, personId }, offers)
}

// Edits make no sound, so a failure comes as a second, short message below the first, with the build log if any.
const alarmOf = async (
  engine: Engine,
  message: OperationMessage,
  frame: Frame,
): Promise<Parameters<Outbox['post']>[1]> => {
  const { view } = frame
  const place = { ...message, replyTo: message.messageId }
  const text = [line(bold(headline(view)), `. ${runningNow(view)}`)]
  const content = hasFailedBuild(frame) ? await buildLog(engine, view.operation.id) : undefined
  const document = content !== undefined && { name: `${view.bot.name}-build-${view.operation.id}.log`, content }
  return { place, text, priority: 'alert', silent: false, ...(document && { document }) }
}

const hasFailedBuild = ({ view }: Frame): boolean =>
  view.steps.some(({ name, state }) => name === 'build' && state !== 'done')
