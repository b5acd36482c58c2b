import { type EntityManager, EntitySchema, In } from 'typeorm'
import type { ErrorCode } from '../error.ts'

/** One thing asked for, see design.md section 1. Its steps are the journal. */
export type Operation = {
  id: number
  botId: number
  kind: 'deploy' | 'rollback' | 'restart' | 'stop' | 'run' | 'remove' | 'prune' | 'backup' | 'restore'
  args: OperationArgs
  requestedBy: string
  /** Who asks for the same again under this key gets this operation. */
  requestKey: string | null
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'superseded'
  cancelRequested: boolean
  /** Grows with each change that a person should see. */
  revision: number
  outcome: Outcome | null
  createdAt: number
  startedAt: number | null
  endedAt: number | null
}

export type OperationArgs = {
  /** deploy: branch, tag or commit; absent: the bot's branch. */
  ref?: string
  /** rollback: number of the release; absent: the newest earlier one that was seen working. */
  release?: number
  /** restart: the directory in the container that becomes a volume on the way. */
  volume?: string
  /** rollback or restore asked for by the manager itself: why. */
  cause?: string
  /** An owner wants it in spite of the lock of that time. */
  anyway?: number
  /** remove: its volumes go, too. */
  data?: boolean
  /** restore: the file, below the data dir, and the number of the backup. */
  file?: string
  backup?: number
  /** restore: instead of a file, what the last restore replaced. */
  back?: true
  /** restore: the bot was registered for it, and is forgotten when it fails. */
  fresh?: true
  /** backup: tbs.yaml wanted it at that time, ms since the epoch. */
  scheduled?: number
  /** deploy and remove: without the backup before. */
  noBackup?: true
}

/** What is true now, written when the operation ends. */
export type Outcome = {
  release?: number
  sha?: string
  subject?: string
  proof?: 'live' | 'unproven'
  /** Number of the release that comes back by itself while this one is unproven. */
  wayBack?: number
  /** Number of the release that runs after a failed operation; null: nothing runs. */
  running?: number | null
  /** From the old container's exit to the moment the next one was started, ms. */
  gapMs?: number
  evidence?: string
  /** prune: numbers of the releases whose images were removed, and the least that it freed. */
  freed?: { bytes: number; releases: number[] }
  /** stop: the release that was stopped. */
  stopped?: number
  /** remove: Docker volumes that are gone, and those that are still there. */
  removed?: { volumes: string[]; kept: string[] }
  /** restore: from when the data is, of which bot, and which release was active before. */
  restored?: { takenAt: number; bot: string; volumes: string[]; from?: number }
  /** The backup that it made, as a whole or on the way; the file is below the data dir. */
  backup?: { id: number; file: string; bytes: number; pausedMs: number }
  error?: { code: ErrorCode; message: string; hint?: string }
  /** Directories in the container that hold data which would be lost with it: they are no volumes. */
  outside?: string[]
  buildLines?: string[]
  logLines?: string[]
  /** Variables that are not set and that the new version ended for, by what it printed, and the line that says so. */
  missing?: { names: string[]; line: string }
  warnings?: string[]
}

export const OperationSchema = new EntitySchema<Operation>({
  name: 'operation',
  tableName: 'operations',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    botId: { name: 'bot_id', type: 'integer' },
    kind: { type: 'text' },
    args: { type: 'simple-json' },
    requestedBy: { name: 'requested_by', type: 'text' },
    requestKey: { name: 'request_key', type: 'text', nullable: true },
    state: { type: 'text' },
    cancelRequested: { name: 'cancel_requested', type: 'boolean', default: false },
    revision: { type: 'integer', default: 1 },
    outcome: { type: 'simple-json', nullable: true },
    createdAt: { name: 'created_at', type: 'integer' },
    startedAt: { name: 'started_at', type: 'integer', nullable: true },
    endedAt: { name: 'ended_at', type: 'integer', nullable: true },
  },
  indices: [
    { name: 'operations_by_state', columns: ['state', 'botId'] },
    { name: 'operations_by_request', columns: ['requestKey'], unique: true },
  ],
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

export const operationById = async (entities: EntityManager, id: number): Promise<Operation | undefined> =>
  (await entities.findOneBy(OperationSchema, { id })) ?? undefined

export const operationByKey = async (entities: EntityManager, requestKey: string): Promise<Operation | undefined> =>
  (await entities.findOneBy(OperationSchema, { requestKey })) ?? undefined

/** Oldest first. */
export const operationsByKeys = (entities: EntityManager, keys: readonly string[]): Promise<Operation[]> =>
  entities.find(OperationSchema, { where: { requestKey: In([...keys]) }, order: { id: 'ASC' } })

/** Oldest first. */
export const unfinishedOperations = (entities: EntityManager, botId?: number): Promise<Operation[]> =>
  entities.find(OperationSchema, {
    where: { state: In(['queued', 'running']), ...(botId === undefined ? {} : { botId }) },
    order: { id: 'ASC' },
  })

/** Changes an operation and counts its revision up, inside the caller's transaction. */
export const changeOperation = async (
  entities: EntityManager,
  id: number,
  change: Partial<Pick<Operation, 'state' | 'outcome' | 'startedAt' | 'endedAt' | 'cancelRequested'>>,
): Promise<void> => {
  await entities.update(OperationSchema, { id }, { ...change, revision: () => 'revision + 1' })
}

/** Adds to what is said of an operation, also after its end. */
export const addWarnings = async (entities: EntityManager, id: number, warnings: string[]): Promise<void> => {
  const operation = await operationById(entities, id)
  if (warnings.length === 0 || !operation) return
  const before = operation.outcome?.warnings ?? []
  await changeOperation(entities, id, { outcome: { ...operation.outcome, warnings: [...before, ...warnings] } })
}

/** Writes down which directories hold data that a volume would save. */
export const offerVolumes = async (entities: EntityManager, id: number, directories: string[]): Promise<void> => {
  const operation = await operationById(entities, id)
  if (directories.length === 0 || !operation) return
  await changeOperation(entities, id, { outcome: { ...operation.outcome, outside: directories } })
}

export const isOver = (operation: Operation): boolean => operation.state !== 'queued' && operation.state !== 'running'
