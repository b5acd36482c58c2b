import { MEASURE } from '../container/volume-task.ts'
import { TbsError } from '../error.ts'
import type { ContainerSpec } from '../ports.ts'
import { stepsOf } from '../records/step.ts'
import { type VolumeCopy, VolumeCopySchema, volumeCopiesOf } from '../records/volume-copy.ts'
import { SPARE_DISK_BYTES } from './full-host.ts'
import { type Run, step } from './journal.ts'
import { runReleaseHook } from './release-hook.ts'
import { copyVolumes, forgetCopies, keptForADay, putBack } from './volume-copies.ts'
import { type Disowned, giveBack, giveToUser } from './volume-owner.ts'
import { mountsAt, onVolumes, removeTasks } from './volume-tasks.ts'

/** What a switch does to a bot's data while no version of it runs. */
export type DataChange = {
  /** Copies to put back first: the data that goes with the version which is started again. */
  putBack: VolumeCopy[]
  disowned: Disowned | undefined
  /** The container of the release hook. */
  hook: ContainerSpec | undefined
}

/** Everything is journaled and can be undone by `undoDataChange`, also when it was cut off anywhere. */
export const changeData = async (run: Run, change: DataChange): Promise<void> => {
  const volumes = endangered(change)
  if (volumes.length > 0) await takeSnapshot(run, volumes)
  if (change.putBack.length > 0) {
    await step(run, { name: 'restore', act: () => putBack(run, change.putBack) })
  }
  if (change.disowned) await giveToUser(run, change.disowned)
  if (change.hook) await runReleaseHook(run, change.hook)
}

/** Room for the copy before, and for the copy of what is undone. Fails with `disk_full`. */
export const refuseWithoutRoom = async (run: Run, change: DataChange): Promise<void> => {
  const volumes = endangered(change)
  if (volumes.length === 0) return
  const task = { script: MEASURE, args: ['0'], mounts: mountsAt('data', volumes) }
  const [taken = 0, free = 0] = (await onVolumes(run, 'Measuring the data', task)).map(Number)
  if (free >= 2 * taken + SPARE_DISK_BYTES) return
  const [data, room] = [taken, free].map((bytes) => `${Math.ceil(bytes / 1024 / 1024)} MB`)
  throw new TbsError('disk_full', `The data takes ${data} and is copied before it is changed; only ${room} are free`, {
    hint: 'Free some disk and deploy again',
  })
}

const endangered = ({ hook, putBack }: DataChange): string[] => [
  ...new Set([...(hook?.mounts ?? []), ...putBack].map(({ volume }) => volume)),
]

const takeSnapshot = (run: Run, volumes: string[]): Promise<VolumeCopy[]> =>
  step(run, {
    name: 'snapshot',
    act: () => copyVolumes(run, 'before', volumes),
    commit: async (entities, copies) => {
      await entities.insert(VolumeCopySchema, copies)
    },
  })

const CHANGING = ['restore', 'owner', 'hook']

/**
 * Makes the data again what it was before the operation. Gives what a person should know: where the changed data is.
 * Idempotent until the copy is forgotten, which is before the old version starts to write again.
 */
export const undoDataChange = async (run: Run): Promise<string[]> => {
  const { database } = run.engine
  const begun = (await stepsOf(database.read, run.operation.id)).map(({ name }) => name)
  if (!begun.some((name) => name === 'snapshot' || CHANGING.includes(name))) return []
  await removeTasks(run)
  const copies = (await volumeCopiesOf(database.read, run.bot.id)).filter(
    (copy) => copy.operationId === run.operation.id,
  )
  const before = copies.filter(({ kind }) => kind === 'before')
  const aside = copies.filter(({ kind }) => kind === 'changed')
  if (!begun.includes('snapshot')) await giveBack(run)
  if (before.length === 0 || !begun.some((name) => CHANGING.includes(name))) {
    await database.transaction((entities) => forgetCopies(entities, before))
    return aside.map(keptForADay)
  }
  const warnings = aside.length > 0 ? aside.map(keptForADay) : await putAside(run, before)
  await putBack(run, before)
  await database.transaction((entities) => forgetCopies(entities, before))
  return warnings
}

// Without room for it the old version's data comes first.
const putAside = async (run: Run, before: readonly VolumeCopy[]): Promise<string[]> => {
  const volumes = before.map(({ volume }) => volume)
  try {
    const copies = await copyVolumes(run, 'changed', volumes)
    await run.engine.database.transaction((entities) => entities.insert(VolumeCopySchema, copies))
    return copies.map(keptForADay)
  } catch (error) {
    if (!(error instanceof TbsError)) throw error
    return [`The changed data could not be kept: ${error.message}`]
  }
}
