import { DataSource, type DataSourceOptions, QueryFailedError } from 'typeorm'
import type { DatabaseFaults } from '../ports.ts'

type SqliteOptions = Extract<DataSourceOptions, { type: 'sqlite' }>

/**
 * Looks the file through, by a connection of its own: on the only one that TypeORM has everybody else would wait until
 * the whole file is read.
 */
export const examineDatabase = async (options: Omit<SqliteOptions, 'type'>): Promise<DatabaseFaults> => {
  const source = new DataSource({ type: 'sqlite', ...options, migrationsRun: false, synchronize: false })
  await source.initialize()
  try {
    const damage = await damageOf(source)
    if (damage.length > 0) return { damage, dangling: [], drift: [] }
    const dangling = await source.query<{ table: string; parent: string }[]>('PRAGMA foreign_key_check')
    const { upQueries } = await source.driver.createSchemaBuilder().log()
    return {
      damage: [],
      dangling: unique(dangling.map(({ table, parent }) => `${table} without its ${parent}`)),
      drift: unique(upQueries.flatMap(({ query }) => changedBy(query))),
    }
  } finally {
    await source.destroy()
  }
}

const damageOf = async (source: DataSource): Promise<string[]> => {
  try {
    const said = await source.query<Record<string, string>[]>('PRAGMA quick_check(20)')
    return said.flatMap(Object.values).filter((sentence) => sentence !== 'ok')
  } catch (error) {
    // Where the damage is in what it has to read first, the check itself fails.
    if (error instanceof QueryFailedError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.message)) return [error.message]
    throw error
  }
}

/** The table or index that a statement would put right. It makes some anew under another name. */
const changedBy = (query: string): string[] => {
  const [, index, table] = /^(?:CREATE (?:UNIQUE )?|DROP )(?:INDEX "([^"]+)"|TABLE "([^"]+)")/.exec(query) ?? []
  if (index !== undefined) return [`the index ${index}`]
  return table === undefined ? [] : [`the table ${table.replace(/^temporary_/, '')}`]
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)]
