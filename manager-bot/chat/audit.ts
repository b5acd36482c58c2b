import type { EntityManager } from 'typeorm'
import {
  type Engine,
  hiddenValues,
  redact,
  redactShapes,
  registeredBot,
  type Secret,
} from '../../deploy-engine/index.ts'
import type { Audit, AuditEnd, AuditExport, Wanted } from '../audit.ts'
import type { Input } from '../command.ts'
import { nameOf } from './people.ts'
import { type AuditRow, addAudit, auditEntries, auditRows, auditWithKey } from './records/audit.ts'

export type Auditing = Pick<AuditRow, 'door' | 'by'> & {
  /** Of the request. */
  key: string
}

const BATCH = 500
const LONGEST = 200

/** What somebody does, written down by whoever knows the chat's tables. */
export const openAudit = (engine: Engine, who: Auditing): Audit => {
  const { database } = engine
  const write = (wanted: Wanted, end: AuditEnd): Promise<void> =>
    database.transaction((entities) => writeDown(engine, entities, { ...who, wanted, end }))
  return {
    begin: (wanted) => write(wanted, { result: 'begun' }),
    end: write,
    entries: (page) => auditEntries(database.read, page),
    export: (bot) => exported(database.read, bot),
  }
}

/** Within the transaction of what it tells of. */
export const writeDown = async (
  engine: Engine,
  entities: EntityManager,
  { door, by, key, wanted, end }: Auditing & { wanted: Wanted; end: AuditEnd },
): Promise<void> => {
  const isBegin = end.result === 'begun'
  const begun = isBegin ? null : await auditWithKey(entities, `${key} begun`)
  await addAudit(entities, {
    at: engine.clock.now(),
    door,
    by,
    name: await nameOf(entities, by),
    verb: wanted.verb,
    bot: await knownBot(entities, wanted),
    words: withoutSecrets(wanted.words, await hiddenValues(engine, wanted.bot ?? '')),
    result: end.result,
    code: end.code ?? null,
    operation: end.operation ?? null,
    begun: begun?.id ?? null,
    key: isBegin ? `${key} begun` : key,
  })
}

// Whatever else stands in a bot's place is none, and may be anything.
const knownBot = async (entities: EntityManager, { bot, words }: Wanted): Promise<string | null> => {
  const name = bot ?? words.name
  return name === undefined ? null : ((await registeredBot(entities, name))?.name ?? null)
}

const withoutSecrets = (words: Input, hidden: readonly Secret[]): Input =>
  Object.fromEntries(
    Object.entries(words).map(([name, word]) => [name, redactShapes(redact(word, hidden)).slice(0, LONGEST)]),
  )

async function* exported(read: EntityManager, bot: string | undefined): AsyncGenerator<AuditExport> {
  for (let after = 0; ; ) {
    const rows = await auditRows(read, { after, limit: BATCH, ...(bot !== undefined && { bot }) })
    for (const { at, ...row } of rows) yield { ...row, at: new Date(at).toISOString() }
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}
