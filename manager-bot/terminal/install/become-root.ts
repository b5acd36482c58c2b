import { Readable } from 'node:stream'
import { type Secret, TbsError } from '../../../deploy-engine/index.ts'
import type { Question } from './question.ts'
import { ask, type Target } from './target.ts'

/**
 * The same machine as root: it is root already, or sudo asks for no password, or it takes that of the login or the one
 * that is asked for. Fails with `not_root`.
 */
export const becomeRoot = async (
  target: Target,
  { passwords, question }: { passwords: (Secret | undefined)[]; question: Question },
): Promise<{ root: Target; how: string }> => {
  const user = (await ask(target, ['id', '-un'])) ?? 'this user'
  if ((await ask(target, ['id', '-u'])) === '0') return { root: speakingEnglish(target), how: 'root' }
  const free = await target.run(['sudo', '-n', 'true'])
  if (free.code === 0) return { root: speakingEnglish(withSudo(target)), how: `${user}, by sudo` }
  if (free.code === 127) throw notRoot(target, `${user} is not root, and there is no sudo`)
  const withPassword = async (password: Secret): Promise<Target | undefined> => {
    const sudo = withSudo(target, password)
    return (await sudo.run(['true'])).code === 0 ? sudo : undefined
  }
  const asked = () =>
    question.canAsk ? question.secret(`Password of ${user} for sudo`, 'TBS_SUDO_PASSWORD') : undefined
  for (const next of [...passwords.map((known) => () => known), asked]) {
    const password = await next()
    const sudo = password && (await withPassword(password))
    if (sudo) return { root: speakingEnglish(sudo), how: `${user}, by sudo with a password` }
  }
  throw notRoot(target, `${user} is not root, and sudo refuses`)
}

const notRoot = (target: Target, why: string): TbsError =>
  new TbsError('not_root', `On ${target.name}, ${why}`, {
    hint: 'Log in as root, or as somebody who may use sudo; its password can be in TBS_SUDO_PASSWORD',
  })

// -k: sudo must ask each time, or the program would take the password for its input.
const withSudo = (target: Target, password?: Secret): Target => {
  const words = password ? ['sudo', '-k', '-S', '-p', '', '--'] : ['sudo', '-n', '--']
  const typed = <T extends { stdin?: string | Readable }>(options: T) =>
    password ? { ...options, stdin: Readable.from(passwordFirst(password, options.stdin ?? '')) } : options
  return {
    ...target,
    run: (argv, options = {}) => target.run([...words, ...argv], typed(options)),
    attach: (argv, streams) => target.attach([...words, ...argv], typed(streams)),
  }
}

async function* passwordFirst(password: Secret, rest: string | Readable) {
  yield `${password.reveal()}\n`
  yield* typeof rest === 'string' ? [rest] : rest
}

// What programs say is read, and none may wait for an answer.
const speakingEnglish = (root: Target): Target => ({
  ...root,
  run: (argv, options) => root.run([...ENGLISH, ...argv], options),
  attach: (argv, streams) => root.attach([...ENGLISH, ...argv], streams),
})

const ENGLISH = ['env', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive']
