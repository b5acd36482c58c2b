import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { TbsError } from '../../error.ts'
import type { Engine } from '../../ports.ts'
import { type Backup, BackupSchema, UNREAD } from '../../records/backup.ts'
import type { Operation } from '../../records/operation.ts'
import { GIT_TOKEN, TOKEN_KEY } from '../../records/secret.ts'
import type { Secret } from '../../secret.ts'
import { ENDING, pathOf } from '../backups/backup-files.ts'
import { SPARE_DISK_BYTES } from '../full-host.ts'
import type { StackLook } from './look-at-stack.ts'
import { requestRestore } from './request-restore.ts'

export type StackImport = { requestedBy: string; requestKey: string; signal: AbortSignal }

/**
 * Makes a backup of what was seen and asks for its restore, which registers the bot, fills its volume and deploys it,
 * or leaves nothing of it. Cut off before that, there is a file, which the next try replaces. The directory stays as it
 * is. Fails with `no_token`, `not_stopped`, `disk_full`, `unreadable` or `still_written`.
 */
export const importStack = async (
  engine: Engine,
  look: StackLook,
  { requestedBy, requestKey, signal }: StackImport,
): Promise<{ operation: Operation }> => {
  const account = await refuseUnready(engine, look)
  const backup = await makeBackup(engine, { look, account, signal })
  return requestRestore(engine, { bot: look.name, backup: backup.id, requestedBy, requestKey })
}

type Account = NonNullable<StackLook['account']>

const refuseUnready = async ({ files, settings }: Engine, look: StackLook): Promise<Account> => {
  const { name, account, runs, data, left } = look
  if (!account) {
    const why = left.find(({ what }) => what === look.tokenEnv)?.why ?? 'the bot’s token was not found'
    throw new TbsError('no_token', `${name} can’t be taken over: ${why}`, {
      hint: 'Nothing was changed. The key that its secrets are encrypted with can be given with --key-file',
    })
  }
  if (runs) {
    throw new TbsError('not_stopped', `${name} still runs here, and writes its data`, {
      hint: `Nothing was changed. Stop it first, in ${look.directory}: docker compose stop`,
    })
  }
  const { freeBytes } = await files.freeDisk(settings.dataDir)
  const bytes = data?.bytes ?? 0
  if (freeBytes >= 2 * bytes + SPARE_DISK_BYTES) return account
  throw new TbsError('disk_full', `There is no room on the disk for two copies of ${Math.ceil(bytes / 1024 ** 2)} MB`, {
    hint: 'Nothing was changed. Free some disk; /prune shows which images nothing needs',
  })
}

type Making = { look: StackLook; account: Account; signal: AbortSignal }

const makeBackup = async (engine: Engine, { look, account, signal }: Making): Promise<Backup> => {
  const { files, archive, database, backupKeys, clock } = engine
  const { name, data } = look
  const file = join('backups', name, `${name}-imported-${digest(look.directory)}${ENDING}`)
  const directory = await files.temporary('import')
  try {
    const tar = join(directory, 'data.tar')
    if (data) await archive.packDirectory(data.directory, tar, signal)
    const content = {
      about: about(engine, look, account),
      secrets: secretsOf(look, account),
      volumes: data ? [{ path: data.path, tar }] : [],
    }
    await database.transaction((entities) => entities.delete(BackupSchema, { file }))
    await files.makeDirectory(dirname(pathOf(engine, file)))
    const recipients = await backupKeys.recipients()
    const { bytes, sha256 } = await archive.write(pathOf(engine, file), content, { recipients, signal })
    return await database.transaction((entities) =>
      entities.save(BackupSchema, {
        ...{ ...UNREAD, botId: null, botName: name, telegramId: account.id, file, bytes, sha256 },
        ...{ cause: 'import' as const, release: null, createdAt: clock.now(), copies: [] },
      }),
    )
  } finally {
    await files.remove(directory)
  }
}

const about = ({ settings, clock }: Engine, look: StackLook, { id, username }: Account) => ({
  instance: settings.instance,
  bot: { name: look.name, telegramId: id, username },
  takenAt: clock.now(),
  cause: 'imported from telegram-bot-stack',
  release: null,
  settings: {
    ...{ repo: look.repo, branch: look.branch, tokenEnv: look.tokenEnv, path: null, ignoreDockerfile: false },
    ...{ volumes: look.data ? [look.data.path] : [], memoryBytes: look.memoryBytes, cpus: look.cpus },
    ...{ autoRollback: true, env: look.settings },
  },
})

const secretsOf = ({ secrets, gitToken }: StackLook, { token }: Account): Record<string, Secret> => ({
  ...secrets,
  [TOKEN_KEY]: token,
  ...(gitToken && { [GIT_TOKEN]: gitToken }),
})

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)
