import { findCause } from './build-causes/find-cause.ts'
import { LESS_MEMORY } from './build-causes/programs.ts'
import { refusalOf } from './build-refusal.ts'

/** A line of the step that failed, without escapes and secrets. */
export type StepLine = { text: string; stream: 'stdout' | 'stderr' }

/** What the builder says, what it was at, and what that step printed. */
export type FailedStep = { reason: string; step: string; lines: StepLine[]; dockerfile: { path: string; text: string } }

/** `message` is one line; `excerpt` are the lines of output that matter, in the order of their arrival. */
export type BuildFailure = { message: string; hint?: string; excerpt: string[] }

const KILLED = 137
const SHOWN = 80

/** Says in one line why a build failed: the package, the file and line, or what is missing. */
export const buildFailure = ({ lines, ...failed }: FailedStep): BuildFailure => {
  const telling = lines.filter(({ text }) => !NOISE.test(text))
  const sorted = [...of(telling, 'stderr'), ...of(telling, 'stdout')]
  const ended = endOf(failed.reason)
  if (!ended) return { ...refusalOf(failed), excerpt: excerptOf(telling, []) }
  const cause = findCause(sorted.map(({ text }) => text)) ?? (ended.code === KILLED ? OUT_OF_MEMORY : undefined)
  const evidence = (cause?.evidence ?? []).flatMap((index) => sorted[index] ?? [])
  return {
    message: `“${ended.command}” ended with code ${ended.code}${cause ? `: ${cause.text}` : ''}`,
    ...(cause?.hint && { hint: cause.hint }),
    excerpt: excerptOf(telling, evidence.slice(0, EVIDENCE)),
  }
}

const NOISE = /^(npm notice|npm (error|ERR!) A complete log of this run)/

const OUT_OF_MEMORY = {
  text: 'it was killed, as a rule because it needed more memory than a build may use',
  hint: LESS_MEMORY,
  evidence: [],
}

/** The command and its exit code, in the words of the classic builder, of BuildKit, and of its older versions. */
const endOf = (reason: string): { command: string; code: number } | undefined => {
  const [, command, code] =
    /The command '(.*)' returned a non-zero code: (\d+)$/s.exec(reason) ??
    /process "(.*)" did not complete successfully: exit code: (\d+)/s.exec(reason) ??
    /executor failed running \[(.*)\]: exit code: (\d+)/s.exec(reason) ??
    []
  if (command === undefined) return undefined
  // Nobody wrote the shell that is named before it.
  const own = command
    .replace(/^(\/usr)?\/bin\/(ba|da|a)?sh( -o pipefail)?( -\w+)*( pipefail)?( -c)? /, '')
    .replace(/\s+/g, ' ')
  return { command: own.length > SHOWN ? `${own.slice(0, SHOWN)}…` : own, code: Number(code) }
}

const LINES = 15
const ERROR_LINES = 10
const EVIDENCE = 3

/**
 * The evidence, then the last lines, those of stderr preferred: builders keep no order between a step's two streams, so
 * that an error may have come before everything else.
 */
const excerptOf = (lines: StepLine[], evidence: StepLine[]): string[] => {
  const rest = lines.filter((line) => !evidence.includes(line))
  const [errors, others] = [of(rest, 'stderr'), of(rest, 'stdout')]
  const room = LINES - evidence.length
  const errorRoom = Math.min(errors.length, Math.max(ERROR_LINES - evidence.length, room - others.length))
  const chosen = new Set([...evidence, ...lastOf(errors, errorRoom), ...lastOf(others, room - errorRoom)])
  return lines.filter((line) => chosen.has(line)).map(({ text }) => text)
}

const of = (lines: StepLine[], stream: StepLine['stream']) => lines.filter((line) => line.stream === stream)

const lastOf = <T>(items: T[], count: number): T[] => items.slice(Math.max(0, items.length - count))
