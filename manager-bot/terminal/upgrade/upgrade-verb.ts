import type { Upgrade } from '../../../deploy-engine/index.ts'
import { environmentHere } from '../../data-dir.ts'
import { duration } from '../../text/duration.ts'
import { ownKeys } from '../install/own-keys.ts'
import { neverAsked, onTerminal, type Question, unattended } from '../install/question.ts'
import { readWhere, type WhereOptions } from '../install/wanted.ts'
import { serverVerb } from '../server-verb.ts'
import { asJson, asLines, onScreen, openSteps, type StepScreen } from '../step-screen.ts'
import { ASKING, STEPS, type StepName } from './steps.ts'
import { upgrade } from './upgrade.ts'

export type UpgradeOptions = WhereOptions & { rollback?: true; yes?: true; json?: true }

/** Replaces a manager by another version, and gives the exit code. Ctrl-C leaves what has begun to itself. */
export const upgradeVerb = (host: string | undefined, options: UpgradeOptions): Promise<number> =>
  serverVerb(options, LEFT, async (signal) => {
    const env = environmentHere()
    const where = await readWhere(host, options, env)
    const { screen, question } = await open(options)
    const step = openSteps({ screen, elapsed: () => performance.now(), failure: (_, error) => error })
    const parts = { ...ownKeys(env), question, step, signal }
    const ended = await upgrade(where, { back: options.rollback ?? false }, parts)
    screen.done({ upgrade: ended }, doneText(ended))
  })

const LEFT = 'What has begun on the server goes on; the same command looks at it again.'

const open = async (options: UpgradeOptions): Promise<{ screen: StepScreen<StepName>; question: Question }> => {
  const write = (text: string) => void process.stdout.write(text)
  const titles = { titles: STEPS, asking: ASKING }
  if (options.json) return { screen: asJson(write), question: options.yes ? unattended : neverAsked }
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  if (options.yes || !isTerminal) {
    return { screen: asLines(write, titles), question: options.yes ? unattended : neverAsked }
  }
  return { screen: await onScreen(write, titles), question: await onTerminal() }
}

const doneText = ({ from, to, gapMs = 0 }: Upgrade): string =>
  [
    `The manager is ${to.version} now, and was ${from.version}. None listened for ${duration(gapMs)}; bots went on.`,
    'Back to the version before: tbs-manager upgrade --rollback',
  ].join('\n')
