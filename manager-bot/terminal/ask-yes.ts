import { createInterface } from 'node:readline/promises'

/** Asks whoever sits at this terminal; anything but a yes is a no. */
export const askYes = async (question: string): Promise<boolean> => {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await lines.question(`${question} [y/N] `).finally(() => lines.close())
  return /^y(es)?$/i.test(answer.trim())
}
