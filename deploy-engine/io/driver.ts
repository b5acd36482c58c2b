import type { Database as SqliteDatabase } from 'sqlite3'

/**
 * What TypeORM is to reach SQLite by. Not the verbose one that it asks for: that one describes each call and where it
 * came from, should it fail, which is a quarter of its time.
 */
export const sqliteDriver = async () => {
  const { default: sqlite3 } = await import('sqlite3')
  const driver = { ...sqlite3, Database: lockingAtOnce(sqlite3.Database) }
  return { ...driver, verbose: () => driver }
}

// TypeORM begins without a lock, and the first write takes it. A read of this very connection in between keeps that
// write from waiting for a lock of another process: it fails at once.
const lockingAtOnce = (Plain: typeof SqliteDatabase): typeof SqliteDatabase =>
  class extends Plain {
    override all(sql: string, ...more: unknown[]): this {
      return super.all(sql === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : sql, ...more)
    }
  }
