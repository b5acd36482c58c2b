import { managerContainer, ownContainers } from '../container/own-containers.ts'
import { TbsError } from '../error.ts'
import type { Upgrading } from './ports.ts'
import { BEFORE, managerImages, type Upgrade } from './upgrade.ts'

/** What the container that carries an upgrade out runs. */
export const CARRY_OUT = 'carry-out-upgrade'

export type WantedUpgrade = {
  /** An image of the manager, by its tag or id; absent: back to the one before. */
  image?: string
  requestedBy: string
  place?: NonNullable<Upgrade['place']>
}

/**
 * Begins to replace the manager, and leaves the rest to a container of the new image, which outlives the manager. One
 * that was cut off goes on instead. Fails with `no_manager`, `upgrade_running`, `operations_running`,
 * `unknown_image`, `no_version_before`, `same_version`, `rollback_too_late` or `disk_full`, and has changed nothing.
 */
export const beginUpgrade = async (upgrading: Upgrading, wanted: WantedUpgrade): Promise<Upgrade> => {
  const { docker, journal, instance, clock } = upgrading
  const last = await journal.read()
  const unfinished = last && !last.result ? last : undefined
  for (const { id, running } of await ownContainers(docker, instance, 'upgrade')) {
    if (running && unfinished) throw upgradeRunning(unfinished)
    await docker.removeContainer(id)
  }
  if (unfinished) return start(upgrading, unfinished)
  const manager = await managerOf(upgrading)
  const from = await docker.versionOf(manager.id)
  const to = await imageOf(upgrading, wanted)
  if (to.image === from.image) {
    throw new TbsError('same_version', `The manager is ${to.version} already`, { hint: 'There is nothing to do' })
  }
  if (manager.running) await refuseOperations(upgrading)
  await upgrading.database.room()
  const startFrom = wanted.image === undefined ? await olderCopy(upgrading, last) : undefined
  const upgrade: Upgrade = {
    id: `${clock.now()}`,
    kind: wanted.image === undefined ? 'rollback' : 'upgrade',
    from,
    to,
    manager: { id: manager.id, name: manager.name },
    phase: 'asked',
    ...(startFrom !== undefined && { startFrom }),
    copied: false,
    requestedBy: wanted.requestedBy,
    ...(wanted.place && { place: wanted.place }),
    askedAt: clock.now(),
  }
  await journal.write(upgrade)
  return start(upgrading, upgrade)
}

const managerOf = async ({ docker, instance }: Upgrading) => {
  const manager = await managerContainer(docker, instance)
  if (manager) return manager
  throw new TbsError('no_manager', `There is no manager of the instance ${instance} on this machine`, {
    hint: 'If it has another name: --instance <name>. To have one there: tbs-manager install',
  })
}

const imageOf = async (upgrading: Upgrading, { image }: WantedUpgrade) => {
  if (image === undefined) return versionBefore(upgrading)
  const found = await upgrading.docker.imageVersion(image)
  if (found) return found
  throw new TbsError('unknown_image', `There is no image ${image}`)
}

/** What a rollback goes back to. Fails with `no_version_before`. */
export const versionBefore = async ({ docker, instance }: Upgrading): Promise<Upgrade['to']> => {
  const found = await docker.imageVersion(`${managerImages(instance)}:${BEFORE}`)
  if (found) return found
  throw new TbsError('no_version_before', 'No version of the manager from before an upgrade is kept', {
    hint: 'Nothing was changed. Any version can be installed: npx tbs-manager@<version> upgrade',
  })
}

const refuseOperations = async ({ database }: Upgrading): Promise<void> => {
  const running = await database.operations('unfinished')
  if (running.length === 0) return
  throw new TbsError('operations_running', `The manager is at work: ${running.join(', ')}`, {
    hint: 'Nothing was changed. Wait for its end, or /cancel, and ask again',
  })
}

// Tables that only the newer version knows would be in the older one's way.
const olderCopy = async ({ database }: Upgrading, last: Upgrade | undefined): Promise<string | undefined> => {
  if (last?.result !== 'done' || last.kind !== 'upgrade') return undefined
  const [now, then] = [await database.migrations(), await database.migrations(last.id)]
  if (now.length === then.length) return undefined
  const since = await database.operations({ since: last.id })
  if (since.length === 0) return last.id
  throw new TbsError('rollback_too_late', `The version before can't read today's database, and ${forgotten(since)}`, {
    hint: 'Nothing was changed. Upgrade to a version that is corrected: npx tbs-manager@<version> upgrade',
  })
}

const forgotten = (since: readonly string[]): string => `its own does not know of ${since.join(', ')}`

const start = async ({ docker, instance }: Upgrading, upgrade: Upgrade): Promise<Upgrade> => {
  const helper = await docker.createLike(upgrade.manager.id, {
    name: `${instance}-upgrade`,
    image: upgrade.to.image,
    labels: { 'tbs.role': 'upgrade' },
    command: [CARRY_OUT],
    // Killed, or with its machine rebooted, it goes on.
    restart: 'on-failure',
  })
  await docker.start(helper)
  return upgrade
}

const upgradeRunning = ({ from, to }: Upgrade): TbsError =>
  new TbsError('upgrade_running', `The upgrade from ${from.version} to ${to.version} is under way`, {
    hint: 'It ends within two minutes, by itself',
  })
