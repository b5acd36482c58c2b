/** ms to wait before the next try after `failures` in a row: 0.5 s doubled each time up to `most`, spread by half. */
export const backoff = (failures: number, random: () => number, most = 30_000): number =>
  Math.min(most, 500 * 2 ** Math.min(failures - 1, 20)) * (0.5 + random() / 2)
