import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataSource } from 'typeorm'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../../deploy-engine/io/database.ts'
import { BotSchema } from '../../../deploy-engine/records/bot.ts'
import { Initial1700000000001 } from '../../../deploy-engine/records/migrations/0001-initial.ts'
import { Choices1700000000002 } from '../../../deploy-engine/records/migrations/0002-choices.ts'
import { OperationSchema } from '../../../deploy-engine/records/operation.ts'

const BOT = 'INSERT INTO bots (name, repo, telegram_id, username, last_release, created_at, volumes) VALUES'

/** A data dir as a manager from before 0003 left it, with one bot of two and an operation of it. */
const olderDatabase = async (): Promise<string> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tbs-migration-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  await mkdir(dataDir, { recursive: true })
  const source = new DataSource({
    type: 'sqlite',
    database: join(dataDir, 'tbs.sqlite'),
    migrations: [Initial1700000000001, Choices1700000000002],
    migrationsRun: true,
    migrationsTransactionMode: 'each',
  })
  await source.initialize()
  await source.query(`${BOT} ('one', 'https://x', 11, 'one_bot', 3, 5, '["/data"]')`)
  await source.query(`${BOT} ('two', 'https://y', 22, 'two_bot', 0, 6, '[]')`)
  await source.query(`INSERT INTO operations (bot_id, kind, args, requested_by, state, created_at)
    VALUES (2, 'deploy', '{}', 'test', 'succeeded', 7)`)
  await source.query(`INSERT INTO secrets VALUES (2, 'token', 'k', x'00', 8)`)
  await source.query('DELETE FROM bots WHERE id = 1')
  await source.destroy()
  return dataDir
}

test('what an older manager wrote down is still there after 0003, and what refers to it', async () => {
  const database = await openDatabase(await olderDatabase())
  onTestFinished(() => database.close())
  expect(await database.read.find(BotSchema)).toEqual([
    {
      id: 2,
      name: 'two',
      repo: 'https://y',
      branch: null,
      tokenEnv: null,
      path: null,
      ignoreDockerfile: false,
      volumes: [],
      memoryBytes: null,
      cpus: null,
      autoRollback: true,
      lock: null,
      env: {},
      telegramId: 22,
      username: 'two_bot',
      lastRelease: 0,
      createdAt: 6,
      stoppedAt: null,
      removedAt: null,
    },
  ])
  expect(await database.read.find(OperationSchema)).toEqual([expect.objectContaining({ botId: 2, requestKey: null })])
  expect(await database.read.query('PRAGMA foreign_key_check')).toEqual([])
  await expect(database.read.query('DELETE FROM bots')).rejects.toThrow(/FOREIGN KEY/)
})

test('names and accounts are unique among the bots that were not removed', async () => {
  const database = await openDatabase(await olderDatabase())
  onTestFinished(() => database.close())
  const add = (name: string, account: number) =>
    database.read.query(`${BOT} ('${name}', 'https://z', ${account}, 'x_bot', 0, 9, '[]')`)
  await expect(add('two', 33)).rejects.toThrow(/UNIQUE constraint failed: bots.name/)
  await expect(add('three', 22)).rejects.toThrow(/UNIQUE constraint failed: bots.telegram_id/)
  await database.read.query("UPDATE bots SET removed_at = 10 WHERE name = 'two'")
  await add('two', 22)
  await database.read.query("UPDATE bots SET removed_at = 11 WHERE name = 'two' AND removed_at IS NULL")
  await add('two', 22)
  const ids = (await database.read.find(BotSchema, { order: { id: 'ASC' } })).map(({ id }) => id)
  expect(ids).toEqual([2, 3, 4])
})
