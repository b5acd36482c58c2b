/** How often in a row a check has passed, or failed. */
export type Streak = { passes: number; failures: number }

export const NO_STREAK: Streak = { passes: 0, failures: 0 }

const IN_A_ROW = 3

export const longer = ({ passes, failures }: Streak, ok: boolean): Streak =>
  ok ? { passes: passes + 1, failures: 0 } : { passes: 0, failures: failures + 1 }

/** undefined: too few to say so. */
export const verdictOf = ({ passes, failures }: Streak): 'good' | 'bad' | undefined => {
  if (failures >= IN_A_ROW) return 'bad'
  return passes >= IN_A_ROW ? 'good' : undefined
}

/** Docker has counted by itself. */
export const COUNTED: Streak = { passes: 0, failures: IN_A_ROW }
