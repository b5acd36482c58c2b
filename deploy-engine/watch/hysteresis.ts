/** What one look says; `between`: not bad enough to begin, and not good enough to end. */
export type State = 'bad' | 'good' | 'between'

/** How long every look has to be bad, or good, before that counts; 0: one look is enough. */
export type Rule = { opensAfterMs: number; endsAfterMs: number }

/** `since`: when the looks in a row began that speak against how things stand. */
export type Standing = { open: boolean; since?: number | undefined }

/** Whether this look turns how things stand, and the `since` for the next one. `at` is of a clock without jumps. */
export const judge = (
  { open, since: before }: Standing,
  { state, at }: { state: State; at: number },
  { opensAfterMs, endsAfterMs }: Rule,
): { turns: boolean; since?: number } => {
  if (state !== (open ? 'good' : 'bad')) return { turns: false }
  const since = before ?? at
  const turns = at - since >= (open ? endsAfterMs : opensAfterMs)
  return turns ? { turns } : { turns, since }
}
