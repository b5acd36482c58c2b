import { homedir } from 'node:os'
import { join } from 'node:path'
import { TbsError } from '../../../deploy-engine/index.ts'
import { processEnvironment } from '../../config.ts'
import { EXIT, report } from '../report.ts'
import { install } from './install.ts'
import { knownHosts } from './known-hosts.ts'
import { madeKeyIn } from './made-key.ts'
import { onTerminal, type Question, Stopped, unattended } from './question.ts'
import { asJson, asLines, onScreen, type Shown } from './screen.ts'
import { openSteps } from './steps.ts'
import { type InstallOptions, readWanted } from './wanted.ts'

/** Installs the manager, says how it goes on, and gives the exit code. Ctrl-C ends it; what is done stays. */
export const installVerb = async (host: string | undefined, options: InstallOptions): Promise<number> => {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
  const { signal } = stop
  try {
    const env = processEnvironment()
    const { screen, question } = await open(options)
    const where = host ?? (await question.text('On which server? user@host, or empty for this machine', ''))
    const wanted = await readWanted(where === '' ? undefined : where, options, env)
    const directory = join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'tbs-manager')
    const known = knownHosts(join(directory, 'known-hosts'))
    const madeKey = madeKeyIn(directory)
    const begun = performance.now()
    const step = openSteps(screen, () => performance.now())
    const installation = await install(wanted, { step, question, known, madeKey, signal })
    screen.done(installation, Math.round(performance.now() - begun))
    return 0
  } catch (error) {
    if (!signal.aborted && !(error instanceof Stopped)) return await report(error, { json: options.json ?? false })
    process.stderr.write('\nStopped. What is done stays; the same command goes on from there.\n')
    return EXIT.interrupted
  }
}

const open = async ({ yes, json }: InstallOptions): Promise<{ screen: Shown; question: Question }> => {
  const write = (text: string) => void process.stdout.write(text)
  if (json) return { screen: asJson(write), question: unattended }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  if (yes || !isTerminal) return { screen: asLines(write), question: yes ? unattended : neverAsked }
  return { screen: await onScreen(write), question: await onTerminal() }
}

/** Nobody is there, and nobody has said yes. */
const neverAsked: Question = {
  ...unattended,
  yes: async (title) => {
    throw new TbsError('needs_answer', `Nobody can be asked: ${title}`, { hint: 'Give --yes, or run it on a terminal' })
  },
}
