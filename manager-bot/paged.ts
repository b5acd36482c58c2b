import type { Offer } from './command.ts'

const PAGE = 20
const PER_ROW = 2

/** Buttons two by two, and at most 20 at once: the others are turned to. `shown` are the indices that this page has. */
export const paged = (
  offers: readonly Offer[],
  { page, turn }: { page: string | undefined; turn(page: number, label: string): Offer },
): { rows: Offer[][]; shown: { from: number; to: number } } => {
  const pages = Math.max(1, Math.ceil(offers.length / PAGE))
  const wanted = Number(page)
  // What was the last page may be gone by the time that somebody turns to it.
  const number = Number.isInteger(wanted) ? Math.min(Math.max(wanted, 1), pages) : 1
  const shown = { from: (number - 1) * PAGE, to: number * PAGE }
  const keys = offers.slice(shown.from, shown.to)
  const rows = Array.from({ length: Math.ceil(keys.length / PER_ROW) }, (_, row) =>
    keys.slice(row * PER_ROW, (row + 1) * PER_ROW),
  )
  const turns = [...(number > 1 ? [turn(number - 1, '‹')] : []), ...(number < pages ? [turn(number + 1, '›')] : [])]
  return { rows: turns.length > 0 ? [...rows, turns] : rows, shown }
}
