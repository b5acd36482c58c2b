/** Whose days and hours are meant, and which day needs no date: ms since the epoch, somewhere in it. */
export type Calendar = { timezone: string; day: number }

/** A point in time by the server's clock: "14:02"; on another day than the calendar's "3 Nov, 14:02". */
export const moment = (at: number, { timezone, day }: Calendar): string => {
  const hour = format(at, { timeZone: timezone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const date = (ms: number) => format(ms, { timeZone: timezone, day: 'numeric', month: 'short', year: 'numeric' })
  return date(at) === date(day) ? hour : `${date(at).replace(/ \d+$/, '')}, ${hour}`
}

const format = (at: number, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat('en-GB', options).format(at)
