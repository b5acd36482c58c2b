import type { Live } from '../command.ts'
import { printable } from '../text/rich-text.ts'

/** Prints what is told as it comes, until Ctrl-C, until nobody reads it, or by itself; gives the exit code. */
export const stream = async ({ bot, follow }: Live, { json }: { json: boolean }): Promise<number> => {
  const over = new AbortController()
  const stop = () => over.abort()
  process.once('SIGINT', stop)
  // The end of `… | head`.
  process.stdout.once('error', stop)
  try {
    const end = await follow((lines) => {
      if (!over.signal.aborted) process.stdout.write(lines.map((line) => lineOf(line, json)).join(''))
    }, over.signal)
    if (end === 'removed') process.stderr.write(`tbs-manager: ${bot} was removed\n`)
    return 0
  } finally {
    process.removeListener('SIGINT', stop)
  }
}

const lineOf = (line: string, json: boolean): string => `${json ? JSON.stringify({ line }) : printable(line)}\n`
