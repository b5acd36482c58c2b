import { commands } from '../commands/index.ts'

export const EXIT = { failed: 1, unattended: 3, bug: 70, interrupted: 130 } as const

/** Prints why the program ends and gives its exit code: one line for what was to be expected, a stack for a bug. */
export const report = async (error: unknown, { json }: { json: boolean }): Promise<number> => {
  const { redact, TbsError } = await import('../../deploy-engine/index.ts')
  if (!(error instanceof TbsError)) {
    process.stderr.write(`tbs-manager: this is a bug, please report it\n${redact(stackOf(error))}\n`)
    return EXIT.bug
  }
  const { hintOf } = await import('../errors/explain.ts')
  const { code, message } = error
  const hint = hintOf(error)
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`)
  else process.stderr.write(`tbs-manager: ${message}\n${hint ? `${forTerminal(hint)}\n` : ''}${more(code)}`)
  return EXIT.failed
}

/** Hints name commands as the chat has them: /deploy echo-bot. */
export const forTerminal = (hint: string): string =>
  hint.replace(SLASHED, (_, before, name) => `${before}tbs-manager ${name === 'help' ? '--help' : name}`)

const SLASHED = new RegExp(`(^|[\\s(“])/(${commands.map(({ name }) => name).join('|')})\\b`, 'g')

// Scripts have --json.
const more = (code: string): string => (process.stderr.isTTY ? `More: tbs-manager explain ${code}\n` : '')

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))
