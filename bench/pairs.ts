/** Milliseconds of our own and of the floor, measured one after the other, so that a slow machine slows both. */
export type Pair = { ours: number; floor: number }

export type Spread = { median: number; worst: number; least: number; count: number }

/** Alternates who goes first; what goes first on a machine often pays for what it warms up. */
export const inPairs = async (
  count: number,
  { ours, floor }: { ours: (round: number) => Promise<number>; floor: (round: number) => Promise<number> },
): Promise<Pair[]> => {
  const pairs: Pair[] = []
  for (let round = 0; round < count; round++) {
    if (round % 2 === 0) {
      const first = await floor(round)
      pairs.push({ floor: first, ours: await ours(round) })
    } else {
      const first = await ours(round)
      pairs.push({ floor: await floor(round), ours: first })
    }
  }
  return pairs
}

/** Ratio of the medians, and of each pair. */
export const ratioOf = (pairs: readonly Pair[]): { ofMedians: number; ofPairs: Spread } => ({
  ofMedians: spreadOf(pairs.map(({ ours }) => ours)).median / spreadOf(pairs.map(({ floor }) => floor)).median,
  ofPairs: spreadOf(pairs.map(({ ours, floor }) => ours / floor)),
})

export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
  return { median, worst: sorted.at(-1) ?? Number.NaN, least: sorted[0] ?? Number.NaN, count: sorted.length }
}

/** The least value that so large a part of all does not exceed. */
export const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? Number.NaN

export const shown = ({ median, least, worst, count }: Spread, unit: 'ms' | 's' | '' = 'ms'): string => {
  const text = (value: number) =>
    unit === 'ms' ? `${Math.round(value)} ms` : `${value.toFixed(2)}${unit && ` ${unit}`}`
  return `median ${text(median)}, ${text(least)} to ${text(worst)} (${count})`
}
