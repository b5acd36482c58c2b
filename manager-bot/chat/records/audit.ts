import { type EntityManager, EntitySchema } from 'typeorm'
import type { AuditEntry } from '../../audit.ts'

/** What somebody wanted, or what came of it. Triggers see to it that a row stays as it is. */
export type AuditRow = Omit<AuditEntry, 'state' | 'failure'> & {
  /** The row that this one ends. */
  begun: number | null
  /** The same for what is the same: a second row under it is not written. */
  key: string
}

export const AuditSchema = new EntitySchema<AuditRow>({
  name: 'audit',
  tableName: 'audit',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    at: { type: 'integer' },
    door: { type: 'text' },
    by: { type: 'text' },
    name: { type: 'text' },
    verb: { type: 'text' },
    bot: { type: 'text', nullable: true },
    words: { type: 'simple-json' },
    result: { type: 'text' },
    code: { type: 'text', nullable: true },
    operation: { type: 'integer', nullable: true },
    begun: { type: 'integer', nullable: true },
    key: { type: 'text' },
  },
  indices: [
    { name: 'audit_by_key', columns: ['key'], unique: true },
    { name: 'audit_by_bot', columns: ['bot'] },
    { name: 'audit_by_begun', columns: ['begun'] },
  ],
})

export const addAudit = async (entities: EntityManager, row: Omit<AuditRow, 'id'>): Promise<void> => {
  // Reading it back would find another row where this one is not written.
  await entities.createQueryBuilder().insert().into(AuditSchema).values(row).updateEntity(false).execute()
}

export const auditWithKey = (entities: EntityManager, key: string): Promise<AuditRow | null> =>
  entities.findOneBy(AuditSchema, { key })

export type AuditPage = { bot?: string; before?: number; limit: number }

/** Newest first; what is over as one entry, not as two. */
export const auditEntries = async (
  entities: EntityManager,
  { bot, before, limit }: AuditPage,
): Promise<AuditEntry[]> => {
  const rows: Stored[] = await entities.query(
    `SELECT a."id", a."at", a."door", a."by", a."name", a."verb", COALESCE(a."bot", e."bot") AS "bot", a."words",
        COALESCE(e."result", a."result") AS "result", COALESCE(e."code", a."code") AS "code",
        COALESCE(e."operation", a."operation") AS "operation", o."state", o."outcome"
      FROM "audit" a LEFT JOIN "audit" e ON e."begun" = a."id"
        LEFT JOIN "operations" o ON o."id" = COALESCE(e."operation", a."operation")
      WHERE a."begun" IS NULL AND COALESCE(e."result", '') <> 'nothing' AND a."id" < ?
        AND (? IS NULL OR a."bot" = ? OR e."bot" = ?)
      ORDER BY a."id" DESC LIMIT ?`,
    [before ?? Number.MAX_SAFE_INTEGER, bot ?? null, bot ?? null, bot ?? null, limit],
  )
  return rows.map(entryOf)
}

/** All rows as they are, oldest first, those behind `after`. */
export const auditRows = async (
  entities: EntityManager,
  { bot, after, limit }: { bot?: string; after: number; limit: number },
): Promise<(AuditEntry & { begun: number | null })[]> => {
  const rows: (Stored & { begun: number | null })[] = await entities.query(
    `SELECT a.*, o."state", o."outcome" FROM "audit" a LEFT JOIN "operations" o ON o."id" = a."operation"
      WHERE a."id" > ? AND (? IS NULL OR a."bot" = ?) ORDER BY a."id" LIMIT ?`,
    [after, bot ?? null, bot ?? null, limit],
  )
  return rows.map((row) => ({ ...entryOf(row), begun: row.begun }))
}

type Stored = Omit<AuditEntry, 'words' | 'failure'> & { words: string; outcome: string | null }

const entryOf = ({ words, outcome, ...row }: Stored): AuditEntry => {
  const { error }: { error?: { code: string } } = outcome === null ? {} : JSON.parse(outcome)
  return {
    id: row.id,
    at: row.at,
    door: row.door,
    by: row.by,
    name: row.name,
    verb: row.verb,
    bot: row.bot,
    words: JSON.parse(words),
    result: row.result,
    code: row.code,
    operation: row.operation,
    state: row.state,
    failure: error?.code ?? null,
  }
}
