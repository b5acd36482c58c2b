import { environmentHere } from '../../data-dir.ts'
import { ownKeys } from '../install/own-keys.ts'
import { neverAsked, onTerminal, type Question, unattended } from '../install/question.ts'
import { readWhere, type WhereOptions } from '../install/wanted.ts'
import { serverVerb } from '../server-verb.ts'
import { uninstall } from './uninstall.ts'

export type UninstallOptions = WhereOptions & { bots?: true; data?: true; backup: boolean; yes?: true; json?: true }

/** Removes an installation, and gives the exit code. Ctrl-C ends it; the same command goes on from there. */
export const uninstallVerb = (host: string | undefined, options: UninstallOptions): Promise<number> =>
  serverVerb(options, 'The same command goes on from there.', async (signal) => {
    const { json = false, bots = false, data = false, backup } = options
    const write = (fields: object, text: string) => process.stdout.write(json ? `${JSON.stringify(fields)}\n` : text)
    const env = environmentHere()
    const where = await readWhere(host, options, env)
    const parts = {
      ...ownKeys(env),
      question: await questionFor(options),
      signal,
      show: (text: string) => void write({ plan: text }, `${text}\n`),
      told: (step: string, found: string) => void write({ step, state: 'end', found }, `✓ ${TITLES[step]}: ${found}\n`),
    }
    const did = await uninstall(where, { bots, data, backup }, parts)
    const name = `the manager ${where.instance} on ${where.server?.host ?? 'this machine'}`
    write({ done: true, removed: did }, did ? `Removed ${name}.\n` : `There is nothing left of ${name}.\n`)
  })

const TITLES: Record<string, string> = {
  backup: 'Back up every bot',
  timer: 'Take the host timer away',
  containers: 'Stop and remove containers',
  images: 'Remove images',
  networks: 'Remove networks',
  files: 'Remove files',
}

const questionFor = async ({ yes, json }: UninstallOptions): Promise<Question> => {
  if (yes) return unattended
  return process.stdin.isTTY && process.stdout.isTTY && !json ? onTerminal() : neverAsked
}
