/** A time span in ms, for people: "0.8 s", "34 s", "2 min 5 s", "3 h 4 min", "5 d 2 h". */
export const duration = (ms: number): string => {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return pair([Math.floor(whole / 60), 'min'], [whole % 60, 's'])
  if (whole < 86_400) return pair([Math.floor(whole / 3600), 'h'], [Math.floor((whole % 3600) / 60), 'min'])
  return pair([Math.floor(whole / 86_400), 'd'], [Math.floor((whole % 86_400) / 3600), 'h'])
}

/** How long ago something was, in one unit, rounded down: "just now", "5 min ago", "3 h ago", "2 d ago". */
export const age = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`
}

/** The same, but what was less than a minute ago to the second: "34 s ago". */
export const ageInSeconds = (ms: number): string =>
  ms < 60_000 ? `${Math.max(0, Math.round(ms / 1000))} s ago` : age(ms)

const pair = ([big, bigUnit]: [number, string], [small, smallUnit]: [number, string]): string =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds in "90s", "15m", "1h" or "2d"; undefined for anything else. */
export const secondsOf = (text: string): number | undefined => {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  return count && unit ? Number(count) * (UNITS[unit] ?? 1) : undefined
}
