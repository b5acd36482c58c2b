import { join } from 'node:path'
import { SIZES, volumeTask } from '../../container/volume-task.ts'
import { TbsError } from '../../error.ts'
import type { DataVolume } from '../current-volumes.ts'
import { SPARE_DISK_BYTES } from '../full-host.ts'
import { type Run, step } from '../journal.ts'
import { mountsAt, onVolumes } from '../volume-tasks.ts'
import { PAUSE_LIMIT_MS, tooSlow, whilePaused } from './pause.ts'

/** Data as tars on disk. `pausedMs`: for how long the bot was frozen; 0: it did not run. */
export type Spool = { volumes: { path: string; tar: string }[]; bytes: number; takenAt: number; pausedMs: number }

const MIB = 1024 ** 2
/** Faster than any disk that we have seen do it: what would take too long even so is not begun. */
const FASTEST_BYTES_PER_S = 1024 * MIB
/** What a tar has beside the content, for each file. */
const HEADER_BYTES = 1024

/**
 * Is there room for a copy of the data and for the file beside it, and can it be copied in the time for which the bot
 * may be frozen? Fails with `disk_full` or `too_slow` before anything is done.
 */
export const measure = (
  run: Run,
  volumes: readonly DataVolume[],
  { isFrozen }: { isFrozen: boolean },
): Promise<number> =>
  step(run, {
    name: 'measure',
    act: async () => {
      const { files, settings } = run.engine
      const bytes = volumes.length === 0 ? 0 : await sizeOf(run, volumes)
      const { freeBytes } = await files.freeDisk(settings.dataDir)
      if (freeBytes < 2 * bytes + SPARE_DISK_BYTES) throw noRoom(run, { bytes, freeBytes })
      if (isFrozen && bytes > (FASTEST_BYTES_PER_S * PAUSE_LIMIT_MS) / 1000) throw tooSlow(run.bot.name, size(bytes))
      return bytes
    },
    found: (bytes) => (volumes.length === 0 ? 'no volumes: settings and secrets alone' : size(bytes)),
  })

const sizeOf = async (run: Run, volumes: readonly DataVolume[]): Promise<number> => {
  const mounts = mountsAt(
    'data',
    volumes.map(({ name }) => name),
  )
  const [bytes = 0, entries = 0] = (await onVolumes(run, 'Measuring the data', { script: SIZES, mounts })).map(Number)
  return bytes + entries * HEADER_BYTES
}

const noRoom = ({ bot }: Run, { bytes, freeBytes }: { bytes: number; freeBytes: number }): TbsError =>
  new TbsError(
    'disk_full',
    `A backup of ${bot.name} needs up to ${size(2 * bytes + SPARE_DISK_BYTES)} while it is made, and only ` +
      `${size(freeBytes)} are free`,
    { hint: 'Free some disk: /prune shows old images that nothing needs, /backups what older backups take' },
  )

/** Copies the data as it is at one moment: nothing of the bot runs meanwhile. */
export const copyOut = (run: Run, volumes: readonly DataVolume[], directory: string): Promise<Spool> =>
  step(run, {
    name: 'copy',
    act: async () => {
      const { docker, clock } = run.engine
      // What is there before takes none of the time for which the bot is frozen.
      const reader = await docker.createContainer(readerSpec(run, volumes))
      try {
        const { result, pausedMs } = await whilePaused(run, async (signal) => {
          const takenAt = clock.now()
          return { ...(await copyAll(run, { volumes, reader, directory }, signal)), takenAt }
        })
        return { ...result, pausedMs }
      } finally {
        await docker.removeContainer(reader)
      }
    },
    found: ({ bytes, pausedMs }) =>
      `${size(bytes)}${pausedMs > 0 ? `; the bot was frozen for ${(pausedMs / 1000).toFixed(1)} s` : ''}`,
  })

const readerSpec = (run: Run, volumes: readonly DataVolume[]) => {
  const { engine, bot, operation } = run
  const name = `${engine.settings.instance}-${bot.name}-copy-${operation.id}`
  const mounts = mountsAt(
    'data',
    volumes.map((volume) => volume.name),
  )
  return volumeTask(engine.settings, { bot: bot.name, name }, { script: ':', mounts })
}

type Copying = { volumes: readonly DataVolume[]; reader: string; directory: string }

const copyAll = async (
  { engine: { docker, files } }: Run,
  { volumes, reader, directory }: Copying,
  signal: AbortSignal,
): Promise<Pick<Spool, 'volumes' | 'bytes'>> => {
  const copied: Spool['volumes'] = []
  let bytes = 0
  for (const [place, { path }] of volumes.entries()) {
    const tar = join(directory, `${place}.tar`)
    signal.throwIfAborted()
    bytes += await files.save(tar, await docker.readDirectory(reader, `/data/${place}`), signal)
    copied.push({ path, tar })
  }
  return { volumes: copied, bytes }
}

const size = (bytes: number): string =>
  bytes < 1000 * MIB ? `${Math.ceil(bytes / MIB)} MB` : `${(bytes / 1024 / MIB).toFixed(1)} GB`
