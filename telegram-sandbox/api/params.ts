import type { Context } from 'hono'
import { ApiError, badRequest } from './errors.ts'

export type Upload = { file_name: string; mime_type: string; content: Buffer }

/**
 * A request's parameters, whichever way they came. As in the real server every value is a string, nested objects being
 * JSON, and the query string comes before the body.
 */
export type Params = { values: Record<string, string>; uploads: Record<string, Upload> }

const MAX_UPLOAD = 50 * 1024 * 1024

export const readParams = async (c: Context): Promise<Params> => {
  const body = await readBody(c)
  return { values: { ...body.values, ...c.req.query() }, uploads: body.uploads }
}

export const integer = (
  { values }: Params,
  name: string,
  { otherwise = 0, min = -(2 ** 31), max = 2 ** 31 - 1 } = {},
) => {
  const parsed = values[name] ? Number.parseInt(values[name], 10) || 0 : otherwise
  return Math.min(Math.max(parsed, min), max)
}

export const flag = ({ values }: Params, name: string) => /^(true|yes|1)$/i.test(values[name] ?? '')

/** The parsed JSON value of a parameter, or undefined without it. `what` is how Telegram calls it in its error. */
export const json = ({ values }: Params, name: string, what: string): unknown => {
  const text = values[name]
  if (!text) return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest(`Can't parse ${what} JSON object`)
  }
}

const readBody = async (c: Context): Promise<Params> => {
  const type = c.req.header('content-type') ?? ''
  if (c.req.method === 'GET') return { values: {}, uploads: {} }
  if (type.startsWith('application/json')) return { values: jsonValues(await c.req.text()), uploads: {} }
  if (type.startsWith('multipart/form-data')) return formValues(await c.req.formData())
  if (!type.startsWith('application/x-www-form-urlencoded')) return { values: {}, uploads: {} }
  return { values: Object.fromEntries(new URLSearchParams(await c.req.text())), uploads: {} }
}

const jsonValues = (text: string): Record<string, string> => {
  if (!text.trim()) return {}
  const object = parsedObject(text)
  const pairs = Object.entries(object).filter(([, value]) => value !== null)
  return Object.fromEntries(
    pairs.map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

const parsedObject = (text: string): object => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    throw new ApiError(400, "Bad Request: can't parse parameter value: Can't parse JSON")
  }
  throw new ApiError(400, 'Bad Request: JSON object expected')
}

const formValues = async (form: FormData): Promise<Params> => {
  const params: Params = { values: {}, uploads: {} }
  for (const [name, value] of form) {
    if (typeof value === 'string') params.values[name] ??= value
    else params.uploads[name] ??= await upload(value)
  }
  return params
}

const upload = async (file: File): Promise<Upload> => {
  if (file.size > MAX_UPLOAD) throw new ApiError(413, 'Request Entity Too Large')
  return {
    file_name: file.name || 'file',
    mime_type: file.type || 'application/octet-stream',
    content: Buffer.from(await file.arrayBuffer()),
  }
}
