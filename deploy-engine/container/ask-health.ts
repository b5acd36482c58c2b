import type { Container, Engine } from '../ports.ts'
import type { HealthPlan } from '../records/release.ts'
import { redact, type Secret } from '../secret.ts'
import { askHttp, type HttpAnswer } from './ask-http.ts'

/** What a health check found, as a sentence. */
export type HealthFinding = { ok: boolean; found: string }

export type HealthQuestion = {
  bot: string
  container: string
  plan: HealthPlan
  /** What must not be told of an answer. */
  hidden: readonly Secret[]
}

const COMMAND_MS = 10_000
const SHOWN = 200

/** Asks a running container what tbs.yaml says; undefined when it could not be asked. */
export const askHealth = (
  engine: Engine,
  question: HealthQuestion,
  signal: AbortSignal,
): Promise<HealthFinding | undefined> => {
  const { plan } = question
  return 'http' in plan
    ? byHttp(engine, question, plan.http, signal)
    : byCommand(engine, question, plan.command, signal)
}

/**
 * What Docker says of the image's own HEALTHCHECK, run by itself; undefined: nothing yet, or there is none. It fails
 * while its container is frozen: what was found before `resumedAt` is no sign.
 */
export const imageHealth = (
  { health, lastCheck }: Pick<Container, 'health' | 'lastCheck'>,
  { hidden, resumedAt = 0 }: { hidden: readonly Secret[]; resumedAt?: number | undefined },
): HealthFinding | undefined => {
  if (health === 'unhealthy' && (lastCheck?.at ?? Number.POSITIVE_INFINITY) <= resumedAt) return undefined
  if (health === 'healthy') return { ok: true, found: 'the image’s HEALTHCHECK passes' }
  if (health !== 'unhealthy') return undefined
  const { exitCode, output = '' } = lastCheck ?? {}
  const code = exitCode === undefined ? '' : ` with exit code ${exitCode}`
  return { ok: false, found: `the image’s HEALTHCHECK fails${code}${quoted(output, hidden)}` }
}

const byHttp = async (
  engine: Engine,
  { bot, container, hidden }: HealthQuestion,
  address: string,
  signal: AbortSignal,
): Promise<HealthFinding | undefined> => {
  const answer = await askHttp(engine, { bot, container, address }, signal)
  return answer && { ok: isFine(answer), found: `${shownAddress(address)} ${saidBy(answer, hidden)}` }
}

const isFine = (answer: HttpAnswer): boolean => 'status' in answer && answer.status >= 200 && answer.status < 400

const saidBy = (answer: HttpAnswer, hidden: readonly Secret[]): string => {
  if ('problem' in answer) return redact(answer.problem, hidden)
  return `answered ${answer.status}${isFine(answer) ? '' : quoted(answer.body, hidden)}`
}

// A query may have a key in it.
const shownAddress = (address: string): string => address.replace(/\?.*$/, '')

const byCommand = async (
  { docker, clock, running: { commands } }: Engine,
  { container, hidden }: HealthQuestion,
  command: string[],
  signal: AbortSignal,
): Promise<HealthFinding | undefined> => {
  const name = `“${textOf(command)}”`
  // Nobody can end it but its container: one more of them each time would fill it up.
  const since = commands.get(container)
  if (since !== undefined) {
    return { ok: false, found: `${name} has not ended for ${Math.round((clock.now() - since) / 1000)} s` }
  }
  commands.set(container, clock.now())
  const over = new AbortController()
  const running = docker.exec(container, command, signal).finally(() => {
    commands.delete(container)
    over.abort()
  })
  const late = clock.sleep(COMMAND_MS, over.signal).then(
    () => ({ ok: false, found: `${name} did not end within ${COMMAND_MS / 1000} s` }),
    () => undefined,
  )
  const ended = running.then(({ exitCode, output }) => {
    if (exitCode < 0) return undefined
    if (exitCode === 0) return { ok: true, found: `${name} ends well` }
    return { ok: false, found: `${name} exited with code ${exitCode}${quoted(output, hidden)}` }
  })
  try {
    return (await Promise.race([ended, late])) ?? (await ended)
  } catch {
    // The container has just ended.
    signal.throwIfAborted()
    return undefined
  } finally {
    ended.catch(() => {})
  }
}

// With a shell around it as image/command-line.ts puts it.
const textOf = (command: string[]): string => (command[1] === '-c' ? (command[2] ?? '') : command.join(' '))

/** Far more than is shown, so that what is cut off here can't be half of a secret that is. */
const READ = 20_000

const quoted = (text: string, hidden: readonly Secret[]): string => {
  const shown = redact(text.slice(0, READ), hidden).replace(/\s+/g, ' ').trim()
  if (shown === '') return ''
  return `: “${shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown}”`
}
