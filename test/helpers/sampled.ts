const WHOLE = process.env.TBS_TEST_WHOLE !== undefined

/** All of the points at which something is done to the manager, in the long run; every third to judge a change by. */
export const sampled = <Point>(points: readonly Point[]): Point[] =>
  points.filter((_, index) => WHOLE || index % 3 === 0)

/** How far apart two points in time are, in milliseconds, that differ by `ms` in the long run. */
export const sampledMs = (ms: number): number => (WHOLE ? ms : 4 * ms)
