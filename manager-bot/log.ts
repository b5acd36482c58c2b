import { pino } from 'pino'
import { type Log, redact } from '../deploy-engine/index.ts'

export type LogOptions = {
  /** One readable line per entry instead of JSON. */
  pretty: boolean
  level: 'info' | 'warn'
  write(text: string): void
}

/** Structured log. Whatever looks like a bot token is taken out, wherever in an entry it stands. */
export const createLog = ({ pretty, level, write }: LogOptions): Log => {
  const print = (entry: string) => write(redact(pretty ? readable(entry) : entry))
  return pino({ base: null, level, timestamp: pino.stdTimeFunctions.isoTime }, { write: print })
}

const LEVELS: Record<number, string> = { 30: 'info ', 40: 'warn ', 50: 'error' }

const readable = (entry: string): string => {
  const { level, time, msg, err, ...fields }: Record<string, unknown> = JSON.parse(entry)
  const clock = String(time).slice(11, 19)
  const details = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`)
  return `${clock} ${LEVELS[Number(level)] ?? 'info '} ${String(msg)}${details.join('')}${reason(err)}\n`
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const reason = (err: unknown): string => {
  if (err === undefined) return ''
  if (typeof err !== 'object' || err === null) return `: ${String(err)}`
  const { message, stack }: { message?: unknown; stack?: unknown } = err
  return typeof stack === 'string' ? `\n${stack}` : `: ${String(message)}`
}
