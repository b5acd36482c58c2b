import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { TbsError } from '../../../deploy-engine/index.ts'
import { environmentHere } from '../../data-dir.ts'
import { received, sent } from '../cp/passing.ts'
import { asStreamed, type Sides } from '../cp/sides.ts'
import { connect } from '../install/connect.ts'
import { ownKeys } from '../install/own-keys.ts'
import { onTerminal, type Question, unattended } from '../install/question.ts'
import type { Streams } from '../install/target.ts'
import { readWhere } from '../install/wanted.ts'
import { EXIT } from '../report.ts'
import { type Elsewhere, ONLY_HERE, verbOf } from './elsewhere.ts'
import { type Errand, errandBeside, errandIn } from './errand.ts'
import { findContainer } from './find-container.ts'

/**
 * Runs a verb inside the manager's container, with this process' input and output, and gives its exit code. Ctrl-C
 * ends it there; a second one leaves it alone.
 */
export const runThere = async ({ host, options, words }: Elsewhere): Promise<number> => {
  refuseOnlyHere(words)
  const leave = new AbortController()
  const { signal } = leave
  let onStop = () => leave.abort()
  const stop = () => onStop()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop)
  // Whoever reads what is printed has seen enough.
  process.stdout.on('error', stop)
  try {
    const env = environmentHere()
    const where = await readWhere(host, options, env)
    const question = await questions(words)
    const { value } = await connect(where, { question, ...ownKeys(env), signal })
    try {
      const passwords = [where.passwords.sudo, value.password]
      const { instance } = where
      const finding = { instance, passwords, question, orStopped: verbOf(words) === 'doctor' }
      const { id, running, target } = await findContainer(value.target, finding)
      const copying = verbOf(words) === 'cp' ? asStreamed(words) : undefined
      const wanted = { words: copying?.words ?? words, key: randomUUID() }
      const errand = running ? errandIn(target, id, wanted) : errandBeside(target, id, { instance, ...wanted })
      onStop = () => {
        onStop = () => leave.abort()
        void errand.interrupt().catch(() => undefined)
      }
      return await (copying ? copied(copying.sides, errand) : errand.run(streams()))
    } finally {
      value.target.close()
    }
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    throw error
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop)
    // What nobody reads any more must not keep this process.
    process.stdin.destroy()
  }
}

const refuseOnlyHere = (words: readonly string[]): void => {
  const verb = verbOf(words)
  if (verb === undefined || !ONLY_HERE.includes(verb)) return
  const takesServer = ['install', 'upgrade', 'uninstall'].includes(verb)
  throw new TbsError('only_here', `${verb} is not for --host`, {
    hint: takesServer ? `The server is its argument: tbs-manager ${verb} user@host` : 'It works on this machine only',
  })
}

// The files are here.
const copied = ({ direction, local }: Sides, errand: Errand): Promise<number> =>
  direction === 'in'
    ? sent(local, (stdin) => errand.run({ ...streams(), stdin }))
    : received(local, (stdout) => errand.run({ ...streams(), stdout }))

const questions = async (words: readonly string[]): Promise<Question> => {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && !words.includes('--json')
  return isTerminal ? onTerminal() : { ...unattended, yes: async () => false }
}

// There is no terminal at the other end: what is typed here would be shown, also a token.
const streams = (): Streams => ({
  stdin: process.stdin.isTTY ? Readable.from([]) : process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
