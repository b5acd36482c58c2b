/** `short`: it needs nearly all of its memory. `since`: when the looks in a row began that said so. */
export type MemoryStanding = { short: boolean; since?: number }

const NEARLY_ALL = 0.9
/** Below that it has enough again. */
const ENOUGH = 0.85
const LASTS_MS = 5 * 60_000

/** How it stands after one more look; `share` of the limit. One peak is no want of memory. */
export const memoryStanding = (
  before: MemoryStanding,
  { share, at }: { share: number; at: number },
): MemoryStanding => {
  if (before.short) return { short: share >= ENOUGH }
  if (share <= NEARLY_ALL) return { short: false }
  const since = before.since ?? at
  return { short: at - since >= LASTS_MS, since }
}
