import { environmentHere } from '../../data-dir.ts'
import { EXIT, report } from '../report.ts'
import { asJson, asLines, onScreen, openSteps, type StepScreen } from '../step-screen.ts'
import { doneText } from './done-text.ts'
import { install } from './install.ts'
import { ownKeys } from './own-keys.ts'
import { neverAsked, onTerminal, type Question, Stopped, unattended } from './question.ts'
import { ASKING, inStep, STEPS, type StepName } from './steps.ts'
import { type InstallOptions, readWanted } from './wanted.ts'

/** Installs the manager, says how it goes on, and gives the exit code. Ctrl-C ends it; what is done stays. */
export const installVerb = async (host: string | undefined, options: InstallOptions): Promise<number> => {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
  const { signal } = stop
  try {
    const env = environmentHere()
    const { screen, question } = await open(options)
    const where = host ?? (await question.text('On which server? user@host, or empty for this machine', ''))
    const wanted = await readWanted(where === '' ? undefined : where, options, env)
    const { known, madeKey } = ownKeys(env)
    const begun = performance.now()
    const step = openSteps({ screen, elapsed: () => performance.now(), failure: inStep })
    const installation = await install(wanted, { step, question, known, madeKey, signal })
    const ms = Math.round(performance.now() - begun)
    const { recoveryKey } = installation
    screen.done(
      { ms, ...installation, ...(recoveryKey && { recoveryKey: recoveryKey.reveal() }) },
      doneText(installation, ms),
    )
    return 0
  } catch (error) {
    if (!signal.aborted && !(error instanceof Stopped)) return await report(error, { json: options.json ?? false })
    process.stderr.write('\nStopped. What is done stays; the same command goes on from there.\n')
    return EXIT.interrupted
  }
}

const open = async ({ yes, json }: InstallOptions): Promise<{ screen: StepScreen<StepName>; question: Question }> => {
  const write = (text: string) => void process.stdout.write(text)
  const titles = { titles: STEPS, asking: ASKING }
  if (json) return { screen: asJson(write), question: unattended }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  if (yes || !isTerminal) return { screen: asLines(write, titles), question: yes ? unattended : neverAsked }
  return { screen: await onScreen(write, titles), question: await onTerminal() }
}
