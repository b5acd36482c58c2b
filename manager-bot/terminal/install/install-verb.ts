import { environmentHere } from '../../data-dir.ts'
import { serverVerb } from '../server-verb.ts'
import { asJson, asLines, onScreen, openSteps, type StepScreen } from '../step-screen.ts'
import { doneText } from './done-text.ts'
import { install } from './install.ts'
import { ownKeys } from './own-keys.ts'
import { neverAsked, onTerminal, type Question, unattended } from './question.ts'
import { ASKING, inStep, STEPS, type StepName } from './steps.ts'
import { type InstallOptions, readWanted } from './wanted.ts'

/** Installs the manager, says how it goes on, and gives the exit code. Ctrl-C ends it; what is done stays. */
export const installVerb = (host: string | undefined, options: InstallOptions): Promise<number> =>
  serverVerb(options, LEFT, async (signal) => {
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
  })

const LEFT = 'What is done stays; the same command goes on from there.'

const open = async ({ yes, json }: InstallOptions): Promise<{ screen: StepScreen<StepName>; question: Question }> => {
  const write = (text: string) => void process.stdout.write(text)
  const titles = { titles: STEPS, asking: ASKING }
  if (json) return { screen: asJson(write), question: unattended }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  if (yes || !isTerminal) return { screen: asLines(write, titles), question: yes ? unattended : neverAsked }
  return { screen: await onScreen(write, titles), question: await onTerminal() }
}
