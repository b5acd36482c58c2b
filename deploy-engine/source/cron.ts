import { type CronDate, CronExpressionParser } from 'cron-parser'

/**
 * The last moment at or before `at` that a schedule names, ms since the epoch, by the clock of a time zone. What the
 * clock shows twice, when summer time ends, is the first of the two.
 */
export const lastDue = (schedule: string, { at, timezone }: { at: number; timezone: string }): number => {
  // The parser looks for what is before the moment that it is given.
  const times = parse(schedule, { at: at + 1, timezone })
  const last = times.prev()
  const before = times.prev()
  return (shows(last) === shows(before) ? before : last).getTime()
}

const shows = (time: CronDate): string => [time.getDate(), time.getHours(), time.getMinutes()].join()

/** Can it be read, does it ever come, and not more often than once an hour? */
export const isSchedule = (schedule: string): boolean => {
  try {
    const times = parse(schedule, { at: 1, timezone: 'Etc/UTC' }).take(TIMES)
    return times.every((time, place) => place === 0 || time.getTime() - (times[place - 1]?.getTime() ?? 0) >= HOUR_MS)
  } catch {
    return false
  }
}

const TIMES = 50
const HOUR_MS = 3600_000

const parse = (schedule: string, { at, timezone }: { at: number; timezone: string }) =>
  CronExpressionParser.parse(schedule, { currentDate: at, tz: timezone })
