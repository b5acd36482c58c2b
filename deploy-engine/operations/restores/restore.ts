import { join } from 'node:path'
import type { Manifest } from '../../archive/manifest.ts'
import { TbsError } from '../../error.ts'
import type { Engine } from '../../ports.ts'
import { botVolumes, fillWithReplaced } from '../../records/bot-volume.ts'
import { changeOperation, type Outcome, operationById } from '../../records/operation.ts'
import { activeRelease, type Release, releasesOf } from '../../records/release.ts'
import { makeBackup } from '../backups/backup.ts'
import { withWayOut } from '../backups/without-backup.ts'
import { currentVolumes } from '../current-volumes.ts'
import { releaseFromSource } from '../deploy.ts'
import { SPARE_DISK_BYTES } from '../full-host.ts'
import { type Run, step } from '../journal.ts'
import { refuseStopped } from '../refuse-stopped.ts'
import { switchTo } from '../switch.ts'
import { dropFilled, fillVolumes } from './fill-volumes.ts'
import { forgetNewBot } from './forget-new-bot.ts'

/**
 * Puts a bot back to what a backup holds: reads all of the file first, fills new volumes, and switches to them as to a
 * new version. If that does not work, the version that runs and its data are untouched. What made room is kept for a
 * day, and can be had `back` by the same way.
 */
export const restore = async (run: Run): Promise<void> => {
  refuseStopped(run)
  try {
    await switchTo(run, run.operation.args.back ? await replacedBefore(run) : await fromFile(run))
  } catch (error) {
    await leaveAsBefore(run).catch((err) => {
      run.engine.log.warn({ err }, 'what a restore made is removed later')
    })
    throw error
  }
}

/** Also what recovery does, after the version is back. Idempotent. */
export const leaveAsBefore = async (run: Run): Promise<void> => {
  if (run.operation.kind !== 'restore' && run.operation.kind !== 'rollback') return
  await dropFilled(run)
  await forgetNewBot(run)
}

const fromFile = async (run: Run): Promise<Release> => {
  const manifest = await readWhole(run)
  const release = await releaseFor(run, manifest)
  await backupBefore(run)
  await fillVolumes(run, manifest, fileOf(run))
  return release
}

const backupBefore = async (run: Run): Promise<void> => {
  if (run.operation.args.noBackup || (await currentVolumes(run)).length === 0) return
  await makeBackup(run, 'restore').catch((error) => {
    throw withWayOut(error, `/restore ${run.bot.name} ${run.operation.args.backup ?? ''}`)
  })
}

const fileOf = ({ engine, operation }: Run): string => join(engine.settings.dataDir, operation.args.file ?? '')

const readWhole = (run: Run): Promise<Manifest> =>
  step(run, {
    name: 'read',
    act: async () => {
      const { engine, signal } = run
      const { manifest } = await engine.archive.read(fileOf(run), {
        identities: [await engine.backupKeys.identity()],
        signal,
        maxBytes: await roomForData(engine),
        onManifest: (found) => refuseOthers(run, found),
      })
      return manifest
    },
    found: ({ bot, takenAt, volumes }) =>
      `${bot.name} of ${new Date(takenAt).toISOString().slice(0, 16).replace('T', ' ')} UTC, ` +
      `${volumes.length === 0 ? 'without data' : volumes.map(({ path }) => path).join(', ')}`,
    commit: async (entities, { bot, takenAt, volumes }) => {
      const before = await activeRelease(entities, run.bot.id)
      const restored: Outcome['restored'] = {
        ...{ takenAt, bot: bot.name, volumes: volumes.map(({ path }) => path) },
        ...(before && { from: before.number }),
      }
      await changeOperation(entities, run.operation.id, { outcome: { restored } })
    },
  })

export const nothingKept = (bot: string): TbsError =>
  new TbsError('nothing_kept', `Nothing is kept of the data that ${bot} had before a restore`, {
    hint: 'What a restore replaced is kept for 24 hours',
  })

/** What may be unpacked, so that the machine still has some room afterwards. */
export const roomForData = async ({ files, settings }: Engine): Promise<number> =>
  Math.max(0, (await files.freeDisk(settings.dataDir)).freeBytes - SPARE_DISK_BYTES)

// A bot that was never deployed has no data that could get lost.
const refuseOthers = async ({ engine, bot }: Run, { bot: other }: Manifest): Promise<void> => {
  if (other.name === bot.name || !(await activeRelease(engine.database.read, bot.id))) return
  throw new TbsError('other_bot', `This is a backup of ${other.name}, not of ${bot.name}`, {
    hint: `Nothing was changed. To have it beside ${other.name}: add a bot with /addbot and restore into that`,
  })
}

/** The version that was active then: the one that is here, or built anew from the same commit. */
const releaseFor = async (run: Run, { release: wanted }: Manifest): Promise<Release> => {
  const { engine, bot, operation } = run
  const { read } = engine.database
  // It had never been deployed: with its data it is now.
  if (!wanted) return (await activeRelease(read, bot.id)) ?? releaseFromSource(run)
  const same = (await releasesOf(read, bot.id)).filter(
    ({ sha, imageId, state }) => sha === wanted.sha && imageId !== null && state !== 'failed',
  )
  const isThat = ({ number }: Release) => number === wanted.number
  // On a server to which only the manager's state was moved there are no images.
  for (const known of [...same.filter(isThat), ...same]) {
    if (await engine.docker.image(known.imageId ?? '')) return known
  }
  const args = { ...operation.args, ref: wanted.sha }
  return releaseFromSource({ ...run, operation: { ...operation, args } })
}

/** For a version that is put back in its own container: the volumes that it has are to be the bot's again. */
export const takeReplacedBack = async ({ engine, bot, operation }: Run): Promise<void> => {
  const by = (await activeRelease(engine.database.read, bot.id))?.operationId
  if (by === undefined) return
  await engine.database.transaction((entities) =>
    fillWithReplaced(entities, { bot: bot.name, operation: operation.id, by }),
  )
}

/** What the newest restore replaced is marked to be brought up again; gives the version that ran on it. */
const replacedBefore = async (run: Run): Promise<Release> => {
  const { engine, bot, operation } = run
  const { read } = engine.database
  const replaced = (await botVolumes(read, bot.name)).filter(({ state }) => state === 'replaced')
  const by = Math.max(...replaced.map(({ operationId }) => operationId))
  const number = (await operationById(read, by))?.outcome?.restored?.from
  const active = await activeRelease(read, bot.id)
  if (replaced.length === 0 || !active) throw nothingKept(bot.name)
  await engine.database.transaction(async (entities) => {
    await fillWithReplaced(entities, { bot: bot.name, operation: operation.id, by })
    const { name, volumes } = { name: bot.name, volumes: replaced.map(({ path }) => path) }
    const restored = {
      takenAt: Math.max(...replaced.map(({ since }) => since)),
      bot: name,
      volumes,
      from: active.number,
    }
    await changeOperation(entities, operation.id, { outcome: { restored } })
  })
  const before = (await releasesOf(read, bot.id)).find((release) => release.number === number)
  return before?.imageId ? before : active
}
