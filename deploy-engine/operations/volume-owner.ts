import { copyLabels } from '../container/labels.ts'
import { FOREIGN, GIVE, GIVE_BACK } from '../container/volume-task.ts'
import type { Owner } from '../ports.ts'
import { botVolumes } from '../records/bot-volume.ts'
import { type Run, step } from './journal.ts'
import { createBeside } from './volume-copies.ts'
import { mountsAt, onVolumes, placesOf } from './volume-tasks.ts'

/** Volumes that the user of the next version could not write, as they are. */
export type Disowned = { owner: Owner; volumes: string[] }

type Candidate = {
  container: string
  owner: Owner
  mounts: readonly { volume: string; path: string }[]
  /** Volumes that another user may have filled: there the owner of the directory says nothing of what is in it. */
  suspect: readonly string[]
}

/**
 * Looks at the next version's volumes without changing anything. Root needs nothing: it has DAC_OVERRIDE. The owner of
 * a volume's directory costs no container; all that is in it is looked through only where the user has changed.
 */
export const disownedVolumes = async (run: Run, candidate: Candidate): Promise<Disowned | undefined> => {
  const { container, owner, mounts, suspect } = candidate
  if (owner.uid === 0 || mounts.length === 0) return undefined
  const owners = await Promise.all(mounts.map(({ path }) => run.engine.docker.ownerOf(container, path)))
  const atOnce = mounts.flatMap(({ volume }, index) => (owners[index]?.uid === owner.uid ? [] : [volume]))
  const deeper = await withForeignFiles(
    run,
    owner,
    suspect.filter((volume) => !atOnce.includes(volume)),
  )
  const volumes = [...atOnce, ...deeper]
  return volumes.length === 0 ? undefined : { owner, volumes }
}

const withForeignFiles = async (run: Run, { uid }: Owner, volumes: string[]): Promise<string[]> => {
  if (volumes.length === 0) return []
  const args = [String(uid), ...placesOf(volumes)]
  const places = await onVolumes(run, 'Looking at the data', {
    script: FOREIGN,
    args,
    mounts: mountsAt('data', volumes),
  })
  return volumes.filter((_, place) => places.includes(String(place)))
}

/** While no version runs. Who owned what is written down in a volume of its own before anything is changed. */
export const giveToUser = (run: Run, { owner, volumes }: Disowned): Promise<void> =>
  step(run, {
    name: 'owner',
    about: `user ${owner.uid}`,
    act: async () => {
      const lists = await createBeside(run, volumes, LISTS)
      const mounts = [...mountsAt('data', volumes), ...mountsAt('list', lists)]
      const args = [`${owner.uid}:${owner.gid}`, ...placesOf(volumes)]
      await onVolumes(run, 'Giving the data to the new user', { script: GIVE, args, mounts })
    },
  })

/** Undoes that, for the version that runs again. Idempotent: the list goes last. */
export const giveBack = async (run: Run): Promise<void> => {
  const { docker, settings } = run.engine
  const labels = { ...copyLabels(settings.instance, run.bot.name), 'tbs.operation': String(run.operation.id) }
  const lists = (await docker.volumes(labels)).flatMap(({ name }) => (name.endsWith(ending(run)) ? [name] : []))
  if (lists.length === 0) return
  const made = await madeByItself(run)
  const given = lists.filter((list) => !made.includes(volumeOf(run, list)))
  const volumes = given.map((list) => volumeOf(run, list))
  const mounts = [...mountsAt('data', volumes), ...mountsAt('list', given)]
  const task = { script: GIVE_BACK, args: placesOf(volumes), mounts }
  if (volumes.length > 0) await onVolumes(run, 'Giving the data back', task)
  for (const list of lists) await docker.removeVolume(list)
}

// The version that runs again never had those that a restore has filled: they go with it.
const madeByItself = async ({ engine, bot, operation }: Run): Promise<string[]> =>
  (await botVolumes(engine.database.read, bot.name)).flatMap(({ name, state, filledBy }) =>
    state === 'new' && filledBy === operation.id ? [name] : [],
  )

const LISTS = 'owners'

const volumeOf = (run: Run, list: string): string => list.slice(0, -ending(run).length)

const ending = ({ operation }: Run): string => `.${LISTS}-${operation.id}`
