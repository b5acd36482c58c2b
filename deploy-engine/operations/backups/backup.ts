import { dirname } from 'node:path'
import type { EntityManager } from 'typeorm'
import { type Backup, type BackupCause, BackupSchema, UNREAD } from '../../records/backup.ts'
import { changeOperation, operationById } from '../../records/operation.ts'
import { activeRelease } from '../../records/release.ts'
import { secretsOf } from '../../records/secret.ts'
import { currentVolumes } from '../current-volumes.ts'
import { heedCancel, type Run, step } from '../journal.ts'
import { backupFileOf, copiesDue, dropUnfinished, pathOf } from './backup-files.ts'
import { expire } from './expire.ts'
import { runningContainers } from './pause.ts'
import { copyOut, measure, type Spool } from './spool.ts'

/** Asked for by a person, or due by tbs.yaml. */
export const backup = async (run: Run): Promise<void> => {
  await makeBackup(run, run.operation.args.scheduled ? 'schedule' : 'asked')
}

/**
 * Design.md section 9: copies the data while the bot is frozen, then packs it with settings and secrets into one
 * encrypted file. Part of any operation, once: it leaves nothing but the file and its row. Fails with `disk_full`,
 * `too_slow`, `not_paused`, `still_paused` or `data_failed`.
 */
export const makeBackup = async (run: Run, cause: BackupCause): Promise<Backup> => {
  const { files } = run.engine
  const volumes = await currentVolumes(run)
  await measure(run, volumes, { isFrozen: (await runningContainers(run)).length > 0 })
  const directory = await files.temporary('backup')
  try {
    const spool = volumes.length === 0 ? emptySpool(run) : await copyOut(run, volumes, directory)
    return await pack(run, spool, cause)
  } catch (error) {
    await dropUnfinished(run)
    throw error
  } finally {
    await files.remove(directory)
    await expire(run)
  }
}

const emptySpool = ({ engine }: Run): Spool => ({ volumes: [], bytes: 0, takenAt: engine.clock.now(), pausedMs: 0 })

const pack = async (run: Run, spool: Spool, cause: BackupCause): Promise<Backup> => {
  let made: Backup | undefined
  await step(run, {
    name: 'pack',
    act: async () => {
      const { engine, signal } = run
      const content = await contentOf(run, spool, cause)
      const path = pathOf(engine, backupFileOf(run))
      await engine.files.makeDirectory(dirname(path))
      const written = await engine.archive.write(path, content, {
        recipients: await engine.backupKeys.recipients(),
        signal,
      })
      return { ...written, release: content.about.release?.number ?? null }
    },
    found: ({ bytes }) => `${Math.ceil(bytes / 1024 ** 2)} MB, encrypted`,
    commit: async (entities, { bytes, sha256, release }) => {
      await heedCancel(run, entities)
      made = await insert(run, entities, { bytes, sha256, release, cause, pausedMs: spool.pausedMs })
    },
  })
  if (!made) throw new Error(`operation ${run.operation.id} ended its packing without a backup`)
  return made
}

const contentOf = async ({ engine, bot }: Run, { volumes, takenAt }: Spool, cause: BackupCause) => {
  const { read } = engine.database
  const release = await activeRelease(read, bot.id)
  const stored = await secretsOf(read, bot.id)
  const { name, telegramId, username, repo, branch, tokenEnv, path, ignoreDockerfile } = bot
  const about = release && { number: release.number, sha: release.sha, ref: release.ref, subject: release.subject }
  return {
    about: {
      instance: engine.settings.instance,
      bot: { name, telegramId, username },
      takenAt,
      cause,
      release: about && release ? { ...about, plan: release.plan } : null,
      settings: {
        ...{ repo, branch, tokenEnv, path, ignoreDockerfile },
        ...{ volumes: bot.volumes, memoryBytes: bot.memoryBytes, cpus: bot.cpus, autoRollback: bot.autoRollback },
        env: bot.env,
      },
    },
    secrets: Object.fromEntries(stored.map(({ key, sealed }) => [key, engine.vault.open(bot.id, key, sealed)])),
    volumes,
  }
}

type Made = Pick<Backup, 'bytes' | 'sha256' | 'release' | 'cause'> & { pausedMs: number }

const insert = async (run: Run, entities: EntityManager, { pausedMs, ...made }: Made): Promise<Backup> => {
  const { engine, bot, operation } = run
  const now = engine.clock.now()
  const backup = await entities.save(BackupSchema, {
    ...{ botId: bot.id, botName: bot.name, telegramId: bot.telegramId, file: backupFileOf(run) },
    ...{ ...UNREAD, ...made, createdAt: now, copies: copiesDue(engine, now) },
  })
  const outcome = (await operationById(entities, operation.id))?.outcome
  const { id, file, bytes } = backup
  await changeOperation(entities, operation.id, { outcome: { ...outcome, backup: { id, file, bytes, pausedMs } } })
  return backup
}
