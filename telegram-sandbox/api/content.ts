import { type Entity, type FormattedText, trimmed, withFound } from '../text/entities.ts'
import { HtmlError, parseHtml } from '../text/html.ts'
import { badRequest } from './errors.ts'
import { json, type Params } from './params.ts'

const MAX_TEXT = 4096
const MAX_CAPTION = 1024
const MAX_RAW_BYTES = 32_768

/** The text of a message. Limits count UTF-16 units after parsing. `tooLong` is Telegram's text for that method. */
export const messageText = (params: Params, tooLong: string): FormattedText => {
  if (!params.values.text) throw badRequest('message text is empty')
  const content = formatted(params, { text: 'text', entities: 'entities' })
  if (!content.text) throw badRequest('text must be non-empty')
  if (content.text.length > MAX_TEXT) throw badRequest(tooLong)
  return content
}

export const caption = (params: Params): FormattedText => {
  const content = formatted(params, { text: 'caption', entities: 'caption_entities' })
  if (content.text.length > MAX_CAPTION) throw badRequest('message caption is too long')
  return content
}

const formatted = (params: Params, names: { text: string; entities: string }): FormattedText => {
  const text = params.values[names.text] ?? ''
  if (Buffer.byteLength(text) > MAX_RAW_BYTES) throw badRequest('text is too long')
  const mode = (params.values.parse_mode ?? '').toLowerCase()
  if (!text || !mode || mode === 'none') return withFound(trimmed({ text, entities: given(params, names.entities) }))
  if (mode === 'html') return withFound(trimmed(parsed(text)))
  // Markdown is taken as it stands: its marks stay visible. Bots of this project write HTML.
  if (mode === 'markdown' || mode === 'markdownv2') return withFound(trimmed({ text, entities: [] }))
  throw badRequest('unsupported parse_mode')
}

const parsed = (text: string): FormattedText => {
  try {
    return parseHtml(text)
  } catch (error) {
    if (error instanceof HtmlError) throw badRequest(`Can't parse entities: ${error.message}`)
    throw error
  }
}

const given = (params: Params, name: string): Entity[] => {
  const list = json(params, name, 'entities')
  return Array.isArray(list) ? list.filter(isEntity) : []
}

const isEntity = (value: unknown): value is Entity => {
  const { type, offset, length } = Object(value)
  return typeof type === 'string' && Number.isInteger(offset) && Number.isInteger(length)
}
