import type { Operation } from '../../deploy-engine/index.ts'
import type { Command, Version } from './commands.ts'
import { violations } from './invariants.ts'
import { type Model, moveOn, newModel, proven, versionOf } from './model.ts'
import { activeOf, type Snapshot } from './snapshot.ts'

/** Does in a world what a command says, and comes back when nothing is under way. */
export type Driver = {
  perform(command: Command, before: Snapshot): Promise<{ refused?: string }>
  look(): Promise<Snapshot>
}

/** Performs the commands one by one and holds the world against the model after each. */
export const runSequence = async (driver: Driver, commands: readonly Command[]): Promise<void> => {
  const model = newModel()
  let before = await driver.look()
  for (const [index, command] of commands.entries()) {
    const { refused } = await driver.perform(command, before)
    const after = await driver.look()
    const wrong = [
      ...refusalWrong(command, before, refused),
      ...follow(model, { command, before, after }),
      ...violations(model, after),
    ]
    if (wrong.length > 0) throw new Error(`command ${index + 1}, ${JSON.stringify(command)}:\n${wrong.join('\n')}`)
    before = after
  }
}

type Move = { command: Command; before: Snapshot; after: Snapshot }

const follow = (model: Model, { command, before, after }: Move): string[] => {
  const known = new Set(before.operations.map(({ id }) => id))
  const news = after.operations.filter(({ id }) => !known.has(id))
  const wrong = news.flatMap((operation) => {
    const number = releaseOf(operation, { model, after })
    const version = versionAsked(operation) ?? versionOf(model, number)
    const hears = ('busy' in command && command.busy) || command.do === 'talk' || before.telegram.pending > 0
    const disturbed = 'meanwhile' in command
    return moveOn(model, { operation, number, version, hears, disturbed })
  })
  const active = activeOf(after)
  const livesNow = active?.number === model.active?.number && active?.proof === 'live' && model.active?.proof !== 'live'
  if (livesNow && versionOf(model, active?.number) === 'deaf') wrong.push('a deaf version is called live')
  if (livesNow) proven(model)
  if (news.every(({ state }) => state !== 'succeeded')) wrong.push(...notUndone(before, after))
  return wrong
}

/** The version before runs on, or again, in its own container. */
const notUndone = (before: Snapshot, after: Snapshot): string[] => {
  const [was, is] = [activeOf(before), activeOf(after)]
  return was?.containerId === is?.containerId ? [] : ['a failed operation left another container than before']
}

/** Branches are named after the version, see the drivers. */
const versionAsked = ({ kind, args }: Operation): Version | undefined =>
  kind === 'deploy' ? (args.ref?.replace(/-\d+$/, '').replaceAll('_', ' ') as Version) : undefined

const releaseOf = (operation: Operation, { model, after }: { model: Model; after: Snapshot }): number | undefined => {
  const { id, kind, args, outcome } = operation
  if (kind === 'rollback') return args.release
  if (kind !== 'deploy') return model.active?.number
  const built = after.releases.find(({ operationId, number }) => operationId === id && !model.versions.has(number))
  return outcome?.release ?? built?.number
}

const refusalWrong = (command: Command, before: Snapshot, refused: string | undefined): string[] => {
  const expected = command.do === 'rollback' ? expectedRefusal(command, before) : pointless(command, before)
  return refused === expected ? [] : [`- refused with ${refused}, expected ${expected}`]
}

const pointless = ({ do: verb }: Command, before: Snapshot): string | undefined => {
  if (verb !== 'restart' && verb !== 'stop' && verb !== 'run') return undefined
  if (!activeOf(before)) return 'not_deployed'
  if (verb === 'stop' && before.status === 'stopped') return 'already_stopped'
  return verb === 'run' && before.status !== 'stopped' ? 'already_running' : undefined
}

const expectedRefusal = (command: Command & { do: 'rollback' }, before: Snapshot): string | undefined => {
  const active = activeOf(before)
  const target = rollbackTarget(command, before)
  if (!target) return 'no_release'
  if (target.id === active?.id) return 'already_active'
  return target.imageId === null ? 'release_gone' : undefined
}

/** The release that `/rollback` goes to, with or without a number. */
export const rollbackTarget = ({ to }: Command & { do: 'rollback' }, now: Snapshot) => {
  if (to !== undefined) return now.releases[to % Math.max(1, now.releases.length)]
  const active = activeOf(now)?.number ?? Number.POSITIVE_INFINITY
  return now.releases.find(({ number, proof, imageId }) => number < active && proof === 'live' && imageId !== null)
}
