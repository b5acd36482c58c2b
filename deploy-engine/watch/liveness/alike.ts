import { isFleetWide } from '../fleet.ts'

/** Since when each bot is silent; undefined: it is not. */
export type Silences = ReadonlyMap<number, number | undefined>

const SAME_TIME_MS = 5 * 60_000

/**
 * The bots that fell silent together with this one, itself among them, if they are so many that it is nobody's own
 * fault: three, or half of all; else none.
 */
export const silentTogether = (bot: number, silences: Silences): number[] => {
  const since = silences.get(bot)
  if (since === undefined) return []
  const together = [...silences].flatMap(([other, at]) =>
    at !== undefined && Math.abs(at - since) <= SAME_TIME_MS ? other : [],
  )
  return isFleetWide(together.length, silences.size) ? together : []
}
