import { explained } from '../errors/explain.ts'
import { toPlain } from '../text/plain.ts'
import { forTerminal } from './report.ts'

/** Needs no installation. Fails with `bad_argument`. */
export const explainVerb = (error: string, { json }: { json?: true }): number => {
  const { text, data } = explained(error)
  process.stdout.write(json ? `${JSON.stringify(data)}\n` : `${forTerminal(toPlain(text))}\n`)
  return 0
}
