import { ownContainers } from '../container/own-containers.ts'
import { messageOf, TbsError } from '../error.ts'
import type { ManagerFacts, Upgrading } from './ports.ts'
import { BEFORE, managerImages, type Upgrade } from './upgrade.ts'

const GRACE_S = 15
const WELL_MS = 60_000
const LOOK_MS = 500
const LOG_LINES = 15

/** On the new one, so that it is told from the old. */
const UPGRADE_LABEL = 'tbs.upgrade'

/**
 * Replaces the manager's container by one of another image: stops the old one, copies its database, starts the new one
 * and keeps it if it is seen polling Telegram within 60 s. Else the old one is back with its database as it was. There
 * are never two at once. May be cut off at any moment and called again; what is to be done stands in the journal.
 * Gives undefined if nothing was asked for.
 */
export const carryOutUpgrade = async (upgrading: Upgrading): Promise<Upgrade | undefined> => {
  const { journal } = upgrading
  const asked = await journal.read()
  if (!asked) return undefined
  if (!asked.result) await journal.quiet(true)
  const ended = asked.result ? asked : await replace(upgrading, asked)
  await journal.quiet(false)
  return ended
}

const replace = async (upgrading: Upgrading, asked: Upgrade): Promise<Upgrade> => {
  let upgrade = asked
  const note = async (changes: Partial<Upgrade>) => {
    upgrade = { ...upgrade, ...changes }
    await upgrading.journal.write(upgrade)
  }
  try {
    if (upgrade.phase === 'asked') await note({ phase: 'retiring', stoppedAt: upgrading.clock.now() })
    if (upgrade.phase === 'retiring') {
      await retire(upgrading, upgrade)
      await note({ phase: 'trying', copied: true })
    }
    if (upgrade.phase === 'trying') {
      await tryOut(upgrading, upgrade)
      await note({ phase: 'keeping', gapMs: gapOf(upgrading, upgrade) })
    }
  } catch (error) {
    upgrading.log.warn({ err: error }, 'the new manager is not kept')
    const logLines = await lastLines(upgrading, upgrade).catch(() => [])
    upgrade = { ...upgrade, phase: 'returning', reason: messageOf(error), logLines }
    // A disk that is full must not keep the old one from coming back.
    await note({}).catch((err) => upgrading.log.warn({ err }, 'that the old manager comes back is not written down'))
  }
  const result = upgrade.phase === 'keeping' ? await keep(upgrading, upgrade) : await goBack(upgrading, upgrade)
  const gapMs = upgrade.gapMs ?? gapOf(upgrading, upgrade)
  await note({ result, gapMs, endedAt: upgrading.clock.now() })
  return upgrade
}

const gapOf = ({ clock }: Upgrading, { stoppedAt }: Upgrade): number => Math.max(0, clock.now() - (stoppedAt ?? 0))

// Docker must not start it again after a reboot, and its name is wanted by the new one.
const retire = async ({ docker, database }: Upgrading, { id, manager }: Upgrade): Promise<void> => {
  await docker.setRestart(manager.id, 'no')
  await docker.stop(manager.id, GRACE_S)
  await docker.rename(manager.id, asideName(manager.name))
  await database.keep(id)
}

const asideName = (name: string): string => `${name}-${BEFORE}`

const tryOut = async (upgrading: Upgrading, upgrade: Upgrade): Promise<void> => {
  const { docker, database } = upgrading
  const there = await newOne(upgrading, upgrade)
  let id = there?.running ? there.id : undefined
  if (id === undefined) {
    if (there) await docker.removeContainer(there.id)
    if (upgrade.startFrom !== undefined) await database.putBack(upgrade.startFrom)
    const { manager, to } = upgrade
    const labels = { [UPGRADE_LABEL]: upgrade.id }
    // Docker does not start it again before it was seen working: whatever it dies of is seen as it is.
    id = await docker.createLike(manager.id, { name: manager.name, image: to.image, labels, restart: 'no' })
    await docker.start(id)
  }
  await untilWell(upgrading, id, ({ version, polls }) => version === upgrade.to.version && polls)
  await docker.setRestart(id, 'unless-stopped')
}

const newOne = async ({ docker, instance }: Upgrading, { id }: Upgrade) =>
  (await ownContainers(docker, instance, 'manager')).find(({ labels }) => labels[UPGRADE_LABEL] === id)

const untilWell = async (
  { docker, manager, clock }: Upgrading,
  id: string,
  isWell: (facts: ManagerFacts) => boolean,
): Promise<void> => {
  const giveUpAt = clock.elapsed() + WELL_MS
  let seen: ManagerFacts | undefined
  while (clock.elapsed() < giveUpAt) {
    const container = await docker.container(id)
    if (!container?.running) throw new TbsError('manager_exited', `It exited with code ${container?.exitCode ?? '?'}`)
    seen = await manager.ask(AbortSignal.timeout(LOOK_MS * 4))
    if (seen && isWell(seen)) return
    await clock.sleep(LOOK_MS)
  }
  throw new TbsError('manager_not_well', notWell(seen))
}

const notWell = (seen: ManagerFacts | undefined): string => {
  if (!seen) return 'It runs, but did not answer within 60 s'
  return seen.polls ? 'It answers, but as another version' : 'It runs, but did not reach Telegram within 60 s'
}

const keep = async (upgrading: Upgrading, { id, manager, from, startFrom }: Upgrade): Promise<'done'> => {
  const { docker, instance, database } = upgrading
  await docker.tag(from.image, managerImages(instance), BEFORE)
  await docker.removeContainer(manager.id)
  await database.forget([id, ...(startFrom === undefined ? [] : [startFrom])])
  return 'done'
}

const goBack = async (upgrading: Upgrading, upgrade: Upgrade): Promise<'undone' | 'stuck'> => {
  const { docker, database } = upgrading
  const { id, manager, copied } = upgrade
  // Whoever removed it by hand has left nothing to put back: then the new one stays as it is.
  if (!(await docker.container(manager.id))) return 'stuck'
  const failed = await newOne(upgrading, upgrade)
  if (failed) await docker.removeContainer(failed.id)
  if (copied) await database.putBack(id)
  await docker.rename(manager.id, manager.name)
  await docker.setRestart(manager.id, 'unless-stopped')
  await docker.start(manager.id)
  try {
    await untilWell(upgrading, manager.id, ({ version, polls }) => version === undefined || polls)
    return 'undone'
  } catch (error) {
    upgrading.log.error({ err: error }, 'the old manager is back, but was not seen working')
    return 'stuck'
  }
}

const lastLines = async (upgrading: Upgrading, upgrade: Upgrade): Promise<string[]> => {
  const failed = await newOne(upgrading, upgrade)
  const text = failed ? await upgrading.docker.logs(failed.id, { tail: LOG_LINES }) : ''
  return text.split('\n').filter((line) => line.trim() !== '')
}
