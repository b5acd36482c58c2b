import { z } from 'zod'
import { isSchedule } from './cron.ts'

const MIB = 1024 * 1024

/** A time between two numbers of seconds, written as 60s, 2m or 1h. */
export const duration = (least: number, most: number) => {
  const expectation = `a time from ${least}s to ${most}s, such as 60s or 2m`
  return text(expectation, /^\d{1,5}[smh]$/)
    .transform((value) => Number(value.slice(0, -1)) * secondsIn(value.slice(-1)))
    .refine((value) => value >= least && value <= most, expectation)
}

/** An amount of memory in bytes, written as 512m or 1g. */
export const size = (leastMib: number, mostMib: number) => {
  const expectation = `a size from ${leastMib}m to ${mostMib}m, such as 512m or 1g`
  return text(expectation, /^\d{1,6}[mg]$/)
    .transform((value) => Number(value.slice(0, -1)) * (value.endsWith('g') ? 1024 : 1))
    .refine((mib) => mib >= leastMib && mib <= mostMib, expectation)
    .transform((mib) => mib * MIB)
}

const CPUS = 'a number of cores from 0.1 to 64, such as 0.5 or 2'
export const Cpus = text(CPUS, /^\d{1,2}(\.\d{1,3})?$/)
  .transform(Number)
  .refine((cpus) => cpus >= 0.1 && cpus <= 64, CPUS)

const PATH = 'a path inside the repository, of at most 300 characters'
export const RepositoryPath = text(PATH, /^[^/\\\p{Cc}][^\\\p{Cc}]*$/u)
  .max(300, PATH)
  .refine((path) => !path.split('/').includes('..'), PATH)
  .transform((path) => path.split('/').filter((part) => part !== '' && part !== '.'))
  .transform((parts) => parts.join('/'))

const VOLUME = 'an absolute path in the container made of letters, digits and . _ - such as /app/data'
export const VolumePath = text(VOLUME, /^(\/[A-Za-z0-9._-]{1,60}){1,12}\/?$/)
  .refine((path) => !/\/\.{1,2}(\/|$)|^\/(proc|sys|dev)(\/|$)/.test(path), VOLUME)
  .transform((path) => path.replace(/\/$/, ''))

const COMMAND = 'a command in one line, such as npm start'
export const Command = text(COMMAND, /^[^\p{Cc}]+$/u)
  .max(2000, COMMAND)
  .refine((command) => command.trim() !== '', COMMAND)

const HEALTH_URL = 'an address such as http://localhost:8080/healthz, without a login'
export const HealthUrl = text(HEALTH_URL, /^http:\/\/[\w[][\x21-\x7e]*$/)
  .max(500, HEALTH_URL)
  .refine((address) => isPlainUrl(address), HEALTH_URL)

export const PORT = '"host:container" or "address:host:container", such as "127.0.0.1:8080:80"'
export const Port = text(PORT, /^(\d{1,3}(\.\d{1,3}){3}:)?\d{1,5}:\d{1,5}(\/(tcp|udp))?$/).refine(
  (port) => hasNumbersInRange(port),
  PORT,
)

const SCHEDULE = 'minute, hour, day, month and weekday as cron has them, such as "0 3 * * *", at most once per hour'
export const Schedule = text(SCHEDULE, /^[\d\w*?,/#-]+( [\d\w*?,/#-]+){4}$/)
  .max(200, SCHEDULE)
  .refine(isSchedule, SCHEDULE)

const KEEP = 'a number of backups from 1 to 1000'
export const Keep = text(KEEP, /^\d{1,4}$/)
  .transform(Number)
  .refine((count) => count >= 1 && count <= 1000, KEEP)

export const NetworkName = text('the name of a Docker network', /^[A-Za-z0-9][A-Za-z0-9_.-]{0,100}$/)

export const StageName = text('the name of a stage in the Dockerfile', /^[A-Za-z0-9][A-Za-z0-9_.-]{0,100}$/)

function text(expectation: string, pattern: RegExp) {
  return z.string(expectation).regex(pattern, expectation)
}

// What is in it is shown when the check fails.
const isPlainUrl = (address: string): boolean => {
  const url = URL.canParse(address) ? new URL(address) : undefined
  return url !== undefined && url.hostname !== '' && `${url.username}${url.password}${url.hash}` === ''
}

const secondsIn = (unit: string): number => (unit === 'h' ? 3600 : unit === 'm' ? 60 : 1)

const hasNumbersInRange = (port: string): boolean => {
  const parts = port.replace(/\/.*$/, '').split(':')
  const address = parts.length === 3 ? (parts[0] ?? '').split('.').map(Number) : []
  const ports = parts.slice(-2).map(Number)
  return address.every((byte) => byte <= 255) && ports.every((number) => number >= 1 && number <= 65_535)
}
