import type { EntityManager } from 'typeorm'
import type { Manifest } from '../../archive/manifest.ts'
import { TbsError } from '../../error.ts'
import { THE_HOST } from '../../names.ts'
import type { Engine } from '../../ports.ts'
import { allBackups, isSound } from '../../records/backup.ts'
import { type Bot, BotSchema, REGISTERED, registeredBot } from '../../records/bot.ts'
import { botVolumes } from '../../records/bot-volume.ts'
import { type Operation, operationByKey } from '../../records/operation.ts'
import { activeRelease, type Release } from '../../records/release.ts'
import { TOKEN_KEY } from '../../records/secret.ts'
import type { Secret } from '../../secret.ts'
import { type BackupView, backupFile, backupList } from '../backups/backups.ts'
import { tokenTaken, whoseToken } from '../check-token.ts'
import { refuseProtocol } from '../check-value.ts'
import { insertOperation, requestOperation } from '../request.ts'
import { storeSecret } from '../secrets.ts'
import { nothingKept, roomForData } from './restore.ts'

export type RestoreRequest = {
  bot: string
  /** Number of the backup; absent: the newest good one of that bot. */
  backup?: number
  requestedBy: string
  requestKey?: string
  noBackup?: true
}

/** What a restore would do, as it is now. Without `bot` it is registered anew, with all that the file holds. */
export type RestorePreview = { backup: BackupView; bot: Bot | undefined; active: Release | undefined }

/** Changes nothing. Fails with `no_backup`, `unknown_backup`, `backup_gone` or `other_bot`. */
export const restorePreview = async (
  engine: Engine,
  { bot: name, backup: id }: Pick<RestoreRequest, 'bot' | 'backup'>,
): Promise<RestorePreview> => {
  const backup = id === undefined ? await newestOf(engine, name) : await backupFile(engine, id)
  if (backup.bot === THE_HOST) {
    throw new TbsError('other_bot', `Backup ${backup.id} is of the manager itself, not of a bot`, {
      hint: 'See /backups',
    })
  }
  const bot = await registeredBot(engine.database.read, name)
  const active = bot && (await activeRelease(engine.database.read, bot.id))
  if (active && backup.bot !== name) {
    throw new TbsError('other_bot', `Backup ${backup.id} is of ${backup.bot}, not of ${name}`, {
      hint: `To have it beside ${backup.bot}: add a bot with /addbot, and restore it into that`,
    })
  }
  return { backup, bot, active }
}

const newestOf = async (engine: Engine, name: string): Promise<BackupView> => {
  const newest = (await backupList(engine, name)).find(isSound)
  if (newest) return newest
  const others = (await allBackups(engine.database.read)).length > 0
  throw new TbsError('no_backup', `There is no backup of ${name}`, {
    hint: others ? 'See /backups' : `Make one while it runs: /backup ${name}`,
  })
}

/**
 * Writes a restore down as queued. A bot that there is not is registered with what the file holds, and forgotten again
 * should the restore fail. Fails like the preview; for a new bot also like reading the file and like adding a bot.
 */
export const requestRestore = async (engine: Engine, request: RestoreRequest): Promise<{ operation: Operation }> => {
  const { requestKey } = request
  const known = requestKey === undefined ? undefined : await operationByKey(engine.database.read, requestKey)
  if (known) return { operation: known }
  const { backup, bot } = await restorePreview(engine, request)
  const args = { backup: backup.id, file: backup.file, ...(request.noBackup && { noBackup: true as const }) }
  if (bot) return requestOperation(engine, { ...asked(request), args })
  const { manifest, secrets } = await engine.archive.readBeginning(backup.path, {
    identities: [await engine.backupKeys.identity()],
    signal: new AbortController().signal,
    maxBytes: await roomForData(engine),
  })
  refuseProtocol(engine, manifest.settings.repo)
  const account = await whoseToken(engine, tokenOf(manifest, secrets))
  return engine.database.transaction(async (entities) => {
    await addAnew(engine, entities, { name: request.bot, manifest, secrets, account })
    return insertOperation(engine, entities, { ...asked(request), args: { ...args, fresh: true }, running: false })
  })
}

/** To have back what the last restore replaced. Fails with `unknown_bot` or `nothing_kept`. */
export const requestRestoreUndo = async (
  engine: Engine,
  request: Omit<RestoreRequest, 'backup' | 'noBackup'>,
): Promise<{ operation: Operation }> => {
  const kept = (await botVolumes(engine.database.read, request.bot)).some(({ state }) => state === 'replaced')
  if (!kept && (await registeredBot(engine.database.read, request.bot))) throw nothingKept(request.bot)
  return requestOperation(engine, { ...asked(request), args: { back: true } })
}

const asked = ({ bot, requestedBy, requestKey }: RestoreRequest) => ({
  kind: 'restore' as const,
  bot,
  requestedBy,
  ...(requestKey !== undefined && { requestKey }),
})

const tokenOf = ({ bot }: Manifest, secrets: Readonly<Record<string, Secret>>): Secret => {
  const token = secrets[TOKEN_KEY]
  if (token) return token
  throw new TbsError('no_token', `The backup of ${bot.name} holds no token`, {
    hint: 'Add the bot with /addbot, then restore into it',
  })
}

type NewBot = {
  name: string
  manifest: Manifest
  secrets: Readonly<Record<string, Secret>>
  account: { id: number; username: string }
}

const addAnew = async (engine: Engine, entities: EntityManager, wanted: NewBot): Promise<void> => {
  const { name, manifest, secrets, account } = wanted
  const taken = await entities.findOneBy(BotSchema, { telegramId: account.id, ...REGISTERED })
  if (taken) throw tokenTaken(taken)
  const bot = await entities.save(BotSchema, {
    ...manifest.settings,
    name,
    telegramId: account.id,
    username: account.username,
    lastRelease: 0,
    createdAt: engine.clock.now(),
    stoppedAt: null,
    removedAt: null,
  })
  // Encrypted anew, for this bot and with this server's key.
  for (const [key, value] of Object.entries(secrets)) await storeSecret(engine, entities, { bot, key, value })
}
