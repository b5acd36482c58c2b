import type { Log } from './ports.ts'

/** The same log, with these fields in each of its entries. */
export const logAbout = (log: Log, fields: Record<string, unknown>): Log => ({
  info: (more, message) => log.info({ ...fields, ...more }, message),
  warn: (more, message) => log.warn({ ...fields, ...more }, message),
  error: (more, message) => log.error({ ...fields, ...more }, message),
})
