import { isOver, type Operation, type OperationView, type Outcome, saysUsedElsewhere } from '../deploy-engine/index.ts'
import { hintOf } from './errors/explain.ts'
import { shortSha } from './status-text.ts'
import { cut, stepLines } from './step-text.ts'
import { duration } from './text/duration.ts'
import { type Block, bold, code, command, fold, type Line, line, pre, prose, type RichText } from './text/rich-text.ts'
import { fileSize, size } from './text/size.ts'

/** An operation from its queueing to its end: what is being done, step by step, and then what is true. */
export const operationText = (view: OperationView, now: number): RichText => [
  line(bold(headline(view)), ` · #${view.operation.id}`),
  ...causeLine(view.operation),
  ...(isOver(view.operation) ? overText(view, now) : goingOn(view, now)),
]

const goingOn = (view: OperationView, now: number): RichText => [
  ...firstLine(view),
  ...allSteps(view, now),
  ...waitingLines(view),
  ...(view.tail ? [pre(view.tail.map(cut).join('\n'))] : []),
]

// What is true comes first; how it came about is there for whoever wants to know.
const overText = (view: OperationView, now: number): RichText => [
  ...whatIsTrue(view),
  ...(view.steps.length > 0 ? [fold([...allSteps(view, now), ...codeLine(view.operation)])] : []),
  ...lastWords(view),
]

const allSteps = (view: OperationView, now: number): Line[] =>
  view.steps.flatMap((step) => stepLines(step, { now, over: isOver(view.operation), kind: view.operation.kind }))

export const headline = ({ operation, bot }: OperationView): string => {
  const { kind, args, state } = operation
  const ref = args.ref ?? bot.branch
  const target = kind === 'deploy' ? (ref ? ` at ${ref}` : '') : args.release ? ` to v${args.release}` : ''
  if (state === 'succeeded') return `${DONE[kind]} ${bot.name}${target}`
  return isOver(operation) ? `${NOUN[kind]} of ${bot.name}${target} ${state}` : `${DOING[kind]} ${bot.name}${target}`
}

type Kind = Operation['kind']

const DOING: Record<Kind, string> = {
  deploy: 'Deploying',
  rollback: 'Rolling back',
  restart: 'Restarting',
  stop: 'Stopping',
  run: 'Starting',
  remove: 'Removing',
  prune: 'Cleaning up',
  restore: 'Restoring',
  backup: 'Backing up',
}

const NOUN: Record<Kind, string> = {
  deploy: 'Deploy',
  rollback: 'Rollback',
  restart: 'Restart',
  stop: 'Stop',
  run: 'Start',
  remove: 'Removal',
  prune: 'Clean-up',
  restore: 'Restore',
  backup: 'Backup',
}

const DONE: Record<Kind, string> = {
  deploy: 'Deployed',
  rollback: 'Rolled back',
  restart: 'Restarted',
  stop: 'Stopped',
  run: 'Started',
  remove: 'Removed',
  prune: 'Cleaned up',
  restore: 'Restored',
  backup: 'Backed up',
}

/** What is true now that the operation is over, and the last words of what failed. */
export const outcomeText = (view: OperationView): RichText => [...whatIsTrue(view), ...lastWords(view)]

const whatIsTrue = (view: OperationView): RichText => {
  const outcome = view.operation.outcome ?? {}
  return [
    ...verdict(view),
    ...missingLine(outcome),
    ...hintLine(view.operation),
    ...elsewhereLine(view),
    ...gapLine(outcome),
    ...restoredLines(view),
    ...(outcome.warnings ?? []).map((warning) => line(...prose(`Note: ${warning}`))),
  ]
}

const lastWords = ({ operation: { outcome } }: OperationView): RichText => [
  ...lastLines('The build ended with', outcome?.buildLines, 15),
  ...lastLines('It printed last', outcome?.logLines, 20),
]

const verdict = (view: OperationView): Block[] => {
  const { operation } = view
  const outcome = operation.outcome ?? {}
  if (operation.state === 'succeeded') return succeeded(view, outcome)
  if (operation.state === 'superseded') return [line(reason(outcome))]
  const what =
    operation.state === 'cancelled' ? 'Cancelled.' : `${NOT_DONE[operation.kind]}: ${continued(reason(outcome))}`
  return [line(...prose(what), ' ', bold(runningNow(view)))]
}

const NOT_DONE: Record<Kind, string> = {
  deploy: 'Not deployed',
  rollback: 'Not rolled back',
  restart: 'Not restarted',
  stop: 'Not stopped',
  run: 'Not started',
  remove: 'Not removed',
  prune: 'Not cleaned up',
  restore: 'Not restored',
  backup: 'Not backed up',
}

const succeeded = ({ bot, operation }: OperationView, outcome: Outcome): Block[] => {
  if (outcome.freed) return [freedLine(outcome.freed)]
  if (outcome.removed) return [...removedLines(bot.name, outcome.removed), ...lastBackup(outcome.backup)]
  if (operation.kind === 'backup' && outcome.backup) return backupLines(bot.name, outcome.backup)
  if (outcome.stopped !== undefined) return stoppedLines(bot.name, outcome.stopped)
  const release = `v${outcome.release}`
  const source = outcome.sha
    ? [' (', code(shortSha(outcome.sha)), outcome.subject ? ` “${outcome.subject}”)` : ')']
    : []
  const evidence = outcome.evidence ? [line(`Seen: ${outcome.evidence}`)] : []
  if (outcome.proof !== 'unproven') {
    const first = outcome.release === 1 && operation.kind === 'deploy' ? [line(`Write to it: @${bot.username}`)] : []
    return [line(bold(release), ...source, bold(' is live.')), ...evidence, ...first]
  }
  const before = wayBack(operation, outcome)
  const back = before
    ? `If the first ones are not taken within 20 s, ${before} is put back by itself.`
    : 'There is no earlier version to go back to.'
  return [
    line(bold(release), ...source, bold(' is running, but unproven.')),
    line(`It was not seen taking updates yet. ${back}`),
    line(`Send @${bot.username} a message to prove it.`),
    ...evidence,
  ]
}

const wayBack = ({ requestedBy }: OperationView['operation'], outcome: Outcome): string | undefined => {
  const { restored, release, wayBack: number } = outcome
  const isSame = restored?.from !== undefined && restored.from === release && restored.volumes.length > 0
  if (isSame) return requestedBy === 'manager' ? undefined : 'what was there before'
  return number === undefined ? undefined : `v${number}`
}

const freedLine = ({ bytes, releases }: NonNullable<Outcome['freed']>): Block => {
  if (releases.length === 0) return line('There was nothing to remove.')
  const numbers = releases.map((number) => `v${number}`).join(', ')
  return line(bold(`At least ${size(bytes)} are free again.`), ` Removed: the images of ${numbers}.`)
}

const stoppedLines = (bot: string, release: number): Block[] => [
  line(bold(`v${release} is stopped.`), ' It stays so, also after a reboot.'),
  line('Start it: ', command(`run ${bot}`)),
]

const removedLines = (bot: string, { volumes, kept }: NonNullable<Outcome['removed']>): Block[] => [
  line(bold(`${bot} is gone`), ', with its containers, images, build logs, settings and secrets.'),
  ...(volumes.length > 0 ? [line('Its data is gone, too: ', code(volumes.join(', ')))] : []),
  ...(kept.length > 0
    ? [
        line('Its data stays in Docker volumes: ', code(kept.join(', '))),
        line('A bot that is added under this name gets them again.'),
      ]
    : []),
]

/** Empty when it is not known. */
export const runningNow = ({ bot, steps, operation }: OperationView): string => {
  const running = operation.outcome?.running
  if (running === null) return `No version of ${bot.name} runs.`
  if (running === undefined) return ''
  const touched = steps.some(({ name }) => name === 'stop')
  return touched ? `v${running} was put back and is running.` : `v${running} runs on, untouched.`
}

const restoredLines = ({ bot, operation }: OperationView): Block[] => {
  const { restored } = operation.outcome ?? {}
  if (operation.state !== 'succeeded' || !restored) return []
  const { takenAt, volumes, from, bot: other } = restored
  const data = volumes.length === 0 ? 'There was no data in it' : `The data of ${volumes.join(', ')} is that`
  const whose = other === bot.name ? '' : ` of ${other}`
  const lines = [line(`${data}${whose} of ${new Date(takenAt).toISOString().slice(0, 16).replace('T', ' ')} UTC.`)]
  if (from === undefined) return lines
  return [...lines, line('What was there before is kept for 24 hours: ', command(`restore ${bot.name} undo`))]
}

const reason = ({ error }: Outcome): string => {
  if (!error) return 'the reason was not recorded.'
  return /[.!?]$/.test(error.message) ? error.message : `${error.message}.`
}

const backupLines = (bot: string, { id, file, bytes, pausedMs }: NonNullable<Outcome['backup']>): Block[] => [
  line(bold(`Backup ${id}`), ` of ${fileSize(bytes)}, encrypted: `, code(file)),
  line(pausedMs > 0 ? `${bot} was frozen for ${duration(pausedMs)} while its data was copied.` : 'It did not run.'),
  line('It is on this server only. Copy it elsewhere: ', command(`backups ${bot}`)),
]

const lastBackup = (backup: Outcome['backup']): Block[] =>
  backup ? [line(`Its last backup, ${backup.id}, stays: `, code(backup.file))] : []

// As it reads after a colon; names keep their capital.
const continued = (sentence: string): string =>
  sentence.replace(/^(The|A|An|It|There|No|Nothing) /, (word) => word.toLowerCase())

const missingLine = ({ missing }: Outcome): Block[] => {
  const { names = [] } = missing ?? {}
  if (names.length === 0) return []
  const [what, verb] = names.length === 1 ? ['variable', 'is'] : ['variables', 'are']
  const listed = names.flatMap((name, index) => [...(index === 0 ? [] : [', ']), code(name)])
  return [line(`It needs the ${what} `, ...listed, `, which ${verb} not set.`)]
}

const elsewhereLine = ({ operation: { outcome }, bot }: OperationView): Block[] =>
  outcome?.logLines?.some(saysUsedElsewhere)
    ? [line(bold(`Another program takes the updates of @${bot.username}.`), ' Stop it where it runs, then try again.')]
    : []

const firstLine = ({ operation: { kind }, bot }: OperationView): Block[] =>
  kind === 'deploy' && bot.lastRelease === 0
    ? [line(`If @${bot.username} runs somewhere else, stop it there: two would take each other’s updates.`)]
    : []

const hintLine = ({ state, outcome }: Operation): Block[] => {
  if (!outcome?.error) return []
  const { error } = outcome
  const hint = state === 'failed' && !saysItself(outcome) ? hintOf(error) : error.hint
  return hint === undefined ? [] : [line(hint)]
}

// Where it is known what the version lacks, or its last words are below, what is true in general is only noise.
const saysItself = ({ error, missing, logLines }: Outcome): boolean =>
  missing !== undefined || (logLines !== undefined && (error?.code === 'exited' || error?.code === 'restarted'))

// What it failed with, to be looked up.
const codeLine = ({ state, outcome }: Operation): Line[] =>
  state === 'failed' && outcome?.error ? [line('– ', command(`explain ${outcome.error.code}`))] : []

const gapLine = ({ gapMs }: Outcome): Block[] =>
  gapMs === undefined ? [] : [line(`No version ran for ${duration(gapMs)}.`)]

const lastLines = (title: string, lines: string[] | undefined, count: number): Block[] =>
  lines && lines.length > 0 ? [line(`${title}:`), pre(lines.slice(-count).join('\n'))] : []

const causeLine = ({ args }: Operation): Block[] => (args.cause ? [line(`Because: ${args.cause}`)] : [])

const waitingLines = ({ operation, ahead }: OperationView): Block[] => {
  if (operation.cancelRequested) return [line('Being cancelled …')]
  if (operation.state !== 'queued') return []
  return [line(ahead === 0 ? 'Queued.' : `Queued; ${ahead === 1 ? 'one operation' : `${ahead} operations`} first.`)]
}
