import { randomBytes } from 'node:crypto'
import { fileJson, filePath, messageJson } from '../../world/bot-view.ts'
import { postMessage } from '../../world/messages.ts'
import type { Bot, StoredFile } from '../../world/state.ts'
import type { World } from '../../world/world.ts'
import { inlineButtons } from '../buttons.ts'
import { type Call, type Method, targetChat } from '../call.ts'
import { caption } from '../content.ts'
import { badRequest } from '../errors.ts'
import type { Upload } from '../params.ts'
import { sendOptions } from './messages.ts'

const MAX_DOWNLOAD = 20 * 1024 * 1024

export const sendDocument: Method = (call) => {
  const file = documentOf(call)
  const content = caption(call.params)
  const buttons = inlineButtons(call.params)
  const chat = targetChat(call)
  const options = sendOptions(call, chat)
  if (!call.world.state.files.includes(file)) call.world.state.files.push(file)
  const message = postMessage(call.world, chat, { from: call.bot.id, content, buttons, file: file.file_id, ...options })
  return { result: messageJson(call.world, chat, message) }
}

export const getFile: Method = ({ world, bot, params }) => {
  const id = params.values.file_id
  if (!id) throw badRequest('file_id not specified')
  const file = fileOf(world, bot, id)
  if (!file) throw badRequest('wrong file_id or the file is temporarily unavailable')
  if (file.size > MAX_DOWNLOAD) throw badRequest('file is too big')
  return { result: { ...fileJson(file), file_path: filePath(file) } }
}

/** A file id means something only to the bot that got it. */
export const fileOf = (world: World, bot: Bot, id: string): StoredFile | undefined =>
  world.state.files.find(
    ({ file_id, bot: owner, others }) => file_id === id && (owner === bot.id || others?.includes(bot.id)),
  )

// An upload under its own name or by attach://, or the id of a file that the bot has had before.
const documentOf = ({ world, bot, params: { values, uploads } }: Call): StoredFile => {
  const written = values.document
  const upload = written ? uploads[written.replace(/^attach:\/\//, '')] : uploads.document
  if (upload) return stored(bot, upload)
  if (!written) throw badRequest('there is no document in the request')
  const known = fileOf(world, bot, written)
  if (!known) throw badRequest('wrong file identifier/HTTP URL specified')
  return known
}

const stored = (bot: Bot, { file_name, mime_type, content }: Upload): StoredFile => {
  if (content.length === 0) throw badRequest('file must be non-empty')
  return {
    file_id: `BQAC${randomBytes(24).toString('base64url')}`,
    bot: bot.id,
    file_name,
    mime_type,
    size: content.length,
    content: content.toString('base64'),
  }
}
