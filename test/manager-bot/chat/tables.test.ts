import { DataSource } from 'typeorm'
import { expect, test } from 'vitest'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'

test('the migrations make exactly the tables that the schemas describe, and take them away again', async () => {
  const source = new DataSource({ type: 'sqlite', database: ':memory:', migrationsRun: true, ...chatTables })
  await source.initialize()
  const { upQueries } = await source.driver.createSchemaBuilder().log()
  expect(upQueries.map(({ query }) => query)).toEqual([])
  for (const _ of chatTables.migrations) await source.undoLastMigration()
  const left = await source.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
  expect(left).toEqual([{ name: 'migrations' }])
  await source.destroy()
})
