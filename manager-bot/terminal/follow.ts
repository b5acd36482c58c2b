import { type Engine, isOver, type OperationView, operationView } from '../../deploy-engine/index.ts'
import { isManagerRunning } from '../heartbeat.ts'
import { outcomeText } from '../operation-text.ts'
import { stepLines } from '../step-text.ts'
import { toPlain } from '../text/plain.ts'
import { UNATTENDED } from './enqueue-here.ts'
import { EXIT, forTerminal } from './report.ts'

const LOOK_MS = 250

export type Following = { operation: number; begin: string; json: boolean; dataDir: string }

/**
 * Says how it begins, prints each step as it ends, then what is true; gives the exit code. The work is done by the
 * manager's process.
 */
export const follow = async (engine: Engine, { operation, begin, json, dataDir }: Following): Promise<number> => {
  const interrupted = new AbortController()
  const stop = () => interrupted.abort()
  // Whoever has read the number may press Ctrl-C at once.
  process.once('SIGINT', stop)
  if (!json) process.stdout.write(begin)
  try {
    const printed = new Set<number>()
    while (!interrupted.signal.aborted) {
      const view = await operationView(engine, operation)
      if (!json) printSteps(view, printed)
      if (isOver(view.operation)) return sayOutcome(view, json)
      const now = engine.clock.now()
      if (!(await isManagerRunning(dataDir, now))) return sayLeftAlone(view, json)
      await engine.clock.sleep(LOOK_MS, interrupted.signal).catch(() => {})
    }
    return sayGoesOn(await operationView(engine, operation))
  } finally {
    process.removeListener('SIGINT', stop)
  }
}

const printSteps = ({ steps, operation: { kind } }: OperationView, printed: Set<number>): void => {
  for (const step of steps) {
    if (step.state === 'started' || printed.has(step.id)) continue
    printed.add(step.id)
    process.stdout.write(`${toPlain(stepLines(step, { now: 0, over: false, kind }))}\n`)
  }
}

const sayOutcome = (view: OperationView, json: boolean): number => {
  const { operation } = view
  if (json) process.stdout.write(`${JSON.stringify(operationData(view))}\n`)
  else process.stdout.write(`${forTerminal(toPlain(outcomeText(view)))}\n`)
  return operation.state === 'succeeded' ? 0 : EXIT.failed
}

const operationData = ({ operation, bot, steps }: OperationView) => ({
  operation: operation.id,
  kind: operation.kind,
  bot: bot.name,
  state: operation.state,
  outcome: operation.outcome,
  steps: steps.map(({ name, state, detail, startedAt, endedAt }) => ({ name, state, detail, startedAt, endedAt })),
})

const sayLeftAlone = ({ operation }: OperationView, json: boolean): number => {
  const message = `the manager has stopped; #${operation.id} is settled when it starts again`
  if (json)
    process.stdout.write(`${JSON.stringify({ operation: operation.id, error: { code: UNATTENDED, message } })}\n`)
  else process.stderr.write(`tbs-manager: ${message}\nStart it with: tbs-manager serve\n`)
  return EXIT.unattended
}

const sayGoesOn = ({ operation, bot }: OperationView): number => {
  process.stderr.write(`\n#${operation.id} goes on. To stop it: tbs-manager cancel ${bot.name}\n`)
  return EXIT.interrupted
}
