import { pino, stdSerializers } from 'pino'
import { type Log, redact, type Secret } from '../deploy-engine/index.ts'

export type LogOptions = {
  /** One readable line per entry instead of JSON. */
  pretty: boolean
  level: 'info' | 'warn'
  write(text: string): void
  /** Values that are taken out, besides whatever looks like a bot token. Absent: none. */
  hidden?(): Iterable<Secret>
}

/** Structured log. Secrets are taken out, wherever in an entry they stand. */
export const createLog = ({ pretty, level, write, hidden = () => [] }: LogOptions): Log => {
  const print = (line: string) => {
    const entry = clean(JSON.parse(line), [...hidden()])
    write(pretty ? readable(entry) : `${JSON.stringify(entry)}\n`)
  }
  const options = { base: null, level, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: serialized } }
  return pino(options, { write: print })
}

/**
 * An error without the rest of what hangs on it: Telegram's have the whole request with them, files and all, and those
 * of the database what was to be written.
 */
const serialized = (thrown: unknown): unknown => {
  if (!(thrown instanceof Error)) return thrown
  const { type, message, stack, code } = stdSerializers.err(thrown)
  return { type, message, stack, ...(code !== undefined && { code }) }
}

type Entry = Record<string, unknown>

/** These say what it is about. A bot may well be named like the value of a variable. */
const NAMES = new Set(['level', 'time', 'bot', 'operation', 'incident', 'step'])

// Value by value: in the finished line a secret with a quote or a line break in it would not be found.
const clean = (entry: Entry, hidden: readonly Secret[]): Entry =>
  Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, cleaned(value, NAMES.has(key) ? [] : hidden)]))

const cleaned = (value: unknown, hidden: readonly Secret[]): unknown => {
  if (typeof value === 'string') return redact(value, hidden)
  if (Array.isArray(value)) return value.map((item) => cleaned(item, hidden))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cleaned(item, hidden)]))
}

// What a bot has printed may move the cursor or rename the window of whoever reads it.
const CONTROL = /(?![\n\t])\p{Cc}/gu

const LEVELS: Record<number, string> = { 30: 'info ', 40: 'warn ', 50: 'error' }

const readable = ({ level, time, msg, err, ...fields }: Entry): string => {
  const clock = String(time).slice(11, 19)
  const details = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`)
  const text = `${LEVELS[Number(level)] ?? 'info '} ${String(msg)}${details.join('')}${reason(err)}`
  return `${clock} ${text.replace(CONTROL, '')}\n`
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const reason = (err: unknown): string => {
  if (err === undefined) return ''
  if (typeof err !== 'object' || err === null) return `: ${String(err)}`
  const { message, stack }: { message?: unknown; stack?: unknown } = err
  return typeof stack === 'string' ? `\n${stack}` : `: ${String(message)}`
}
