import type { Run } from './journal.ts'

const LINES = 5
const EVERY_MS = 1_000

/** Keeps the last lines of a build where `operationView` finds them, and tells of new ones at most once a second. */
export const liveTail = ({ engine, operation: { id } }: Pick<Run, 'engine' | 'operation'>) => {
  const { running, changes, clock } = engine
  const over = new AbortController()
  const lines: string[] = []
  let told = true
  const tell = async () => {
    told = false
    await clock.sleep(EVERY_MS, over.signal)
    told = true
    changes.emit({ operation: id })
  }
  running.tails.set(id, lines)
  return {
    line: (text: string): void => {
      if (text.trim() === '') return
      lines.push(text)
      if (lines.length > LINES) lines.shift()
      if (told) tell().catch(() => {})
    },
    end: (): void => {
      over.abort()
      running.tails.delete(id)
    },
  }
}
