import type { Button } from '../world/state.ts'
import { badRequest } from './errors.ts'
import { json, type Params } from './params.ts'

const MAX_DATA_BYTES = 64

/** The inline keyboard of reply_markup. Other kinds of markup are accepted and not shown. */
export const inlineButtons = (params: Params): Button[][] => {
  const markup = json(params, 'reply_markup', 'reply keyboard markup')
  if (markup === undefined) return []
  if (typeof markup !== 'object' || markup === null) throw badRequest('object expected as reply markup')
  const rows = 'inline_keyboard' in markup ? markup.inline_keyboard : []
  if (!Array.isArray(rows)) throw badRequest('Field "inline_keyboard" must be of type Array')
  return rows.map((row) => {
    if (Array.isArray(row)) return row.map(button)
    throw badRequest('Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
  })
}

const button = (value: unknown): Button => {
  const refuse = (why: string) => badRequest(`Can't parse inline keyboard button: ${why}`)
  if (typeof value !== 'object' || value === null) throw refuse('InlineKeyboardButton must be an Object')
  const { text, callback_data, url, style } = value as Record<string, unknown>
  if (text === undefined) throw refuse('Can\'t find field "text"')
  if (typeof text !== 'string') throw refuse('Field "text" must be of type String')
  const look = typeof style === 'string' ? { style } : {}
  if (typeof url === 'string' && url) return { text, url, ...look }
  if (typeof callback_data !== 'string' || !callback_data)
    throw refuse('Text buttons are unallowed in the inline keyboard')
  if (Buffer.byteLength(callback_data) > MAX_DATA_BYTES) throw badRequest('BUTTON_DATA_INVALID')
  return { text, callback_data, ...look }
}
