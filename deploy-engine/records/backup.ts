import { type EntityManager, EntitySchema, IsNull } from 'typeorm'

/** A file that a bot, or the manager itself, can be restored from; whole from the moment that its row is there. */
export type Backup = {
  id: number
  /** null: of the manager itself, or of a bot that was removed. */
  botId: number | null
  /** null: of the manager itself. */
  botName: string | null
  telegramId: number | null
  /** Below the data dir. */
  file: string
  bytes: number
  sha256: string
  cause: BackupCause
  /** Number of the release that was active; null: none. */
  release: number | null
  createdAt: number
  /** damaged: it was looked through and can't be restored. gone: somebody removed the file. */
  state: 'good' | 'damaged' | 'gone'
  /** Where it was, or is to be, brought besides. */
  copies: BackupCopy[]
  /** When all of it was last read, to see whether it can be restored; null: never. */
  checkedAt: number | null
  /** Why it could not, in words that follow a colon; null: it could. */
  fault: string | null
}

/** Before a deploy, a restore or a removal, by tbs.yaml's schedule, or by hand. */
export type BackupCause = 'asked' | 'schedule' | 'deploy' | 'restore' | 'remove' | 'import'

/** command: given to TBS_BACKUP_CMD. */
export type BackupCopy = { to: 'command'; state: 'due' | 'done' | 'failed'; at: number; note?: string }

export const BackupSchema = new EntitySchema<Backup>({
  name: 'backup',
  tableName: 'backups',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    botId: { name: 'bot_id', type: 'integer', nullable: true },
    botName: { name: 'bot_name', type: 'text', nullable: true },
    telegramId: { name: 'telegram_id', type: 'integer', nullable: true },
    file: { type: 'text' },
    bytes: { type: 'integer' },
    sha256: { type: 'text' },
    cause: { type: 'text' },
    release: { type: 'integer', nullable: true },
    createdAt: { name: 'created_at', type: 'integer' },
    state: { type: 'text' },
    copies: { type: 'simple-json', default: '[]' },
    checkedAt: { name: 'checked_at', type: 'integer', nullable: true },
    fault: { type: 'text', nullable: true },
  },
  indices: [{ name: 'backups_by_bot', columns: ['botName', 'createdAt'] }],
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

/** What is written down of a file that nobody has read yet. */
export const UNREAD = { state: 'good' as const, checkedAt: null, fault: null }

/** Nothing is known that would keep it from being restored. */
export const isSound = ({ state, fault }: Pick<Backup, 'state' | 'fault'>): boolean =>
  state === 'good' && fault === null

/** Newest first; by the name, so that those of a removed bot are found. null: the manager's own. */
export const backupsOf = (entities: EntityManager, botName: string | null): Promise<Backup[]> =>
  entities.find(BackupSchema, { where: { botName: botName ?? IsNull() }, order: { createdAt: 'DESC', id: 'DESC' } })

/** Newest first. */
export const allBackups = (entities: EntityManager): Promise<Backup[]> =>
  entities.find(BackupSchema, { order: { createdAt: 'DESC', id: 'DESC' } })

export const backupById = async (entities: EntityManager, id: number): Promise<Backup | undefined> =>
  (await entities.findOneBy(BackupSchema, { id })) ?? undefined
