import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataSource } from 'typeorm'
import { expect, onTestFinished, test } from 'vitest'
import { chatTables } from '../../../manager-bot/chat/records/tables.ts'

test('who had a role before there were roles for single bots has it for all of them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-people-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const path = join(directory, 'tbs.sqlite')
  const [chat, buttons, people] = chatTables.migrations
  if (!chat || !buttons || !people) throw new Error('not the migrations that this is about')
  const source = new DataSource({ type: 'sqlite', database: path, migrations: [chat, buttons] })
  await source.initialize()
  const upgraded = new DataSource({ type: 'sqlite', database: path, migrations: [chat, buttons, people] })
  await source.runMigrations()
  for (const [id, role] of [
    [42, 'owner'],
    [43, 'admin'],
    [44, 'viewer'],
    [45, 'nobody'],
  ]) {
    await source.query('INSERT INTO people VALUES (?, ?, ?, 7)', [id, role, `name ${id}`])
  }
  await source.query("INSERT INTO owner_codes VALUES ('hash', 1)")
  await upgraded.initialize()
  await upgraded.runMigrations()
  expect(await upgraded.query('SELECT person_id, bot_id, role FROM grants ORDER BY person_id')).toEqual([
    { person_id: 42, bot_id: 0, role: 'owner' },
    { person_id: 43, bot_id: 0, role: 'admin' },
    { person_id: 44, bot_id: 0, role: 'viewer' },
  ])
  expect(await upgraded.query('SELECT telegram_id, name FROM people ORDER BY telegram_id')).toEqual([
    { telegram_id: 42, name: 'name 42' },
    { telegram_id: 43, name: 'name 43' },
    { telegram_id: 44, name: 'name 44' },
  ])
  await upgraded.undoLastMigration()
  expect(await source.query('SELECT telegram_id, role FROM people')).toEqual([{ telegram_id: 42, role: 'owner' }])
  await upgraded.destroy()
  await source.destroy()
})
