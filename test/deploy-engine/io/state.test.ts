import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sqlite3 from 'sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databasePath, openDatabase } from '../../../deploy-engine/io/database.ts'
import { openVault } from '../../../deploy-engine/io/vault.ts'
import { type Bot, BotSchema } from '../../../deploy-engine/records/bot.ts'
import { redact, Secret } from '../../../deploy-engine/secret.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-state-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const bot = (name: string, telegramId: number) => ({
  name,
  repo: 'https://example.org/x.git',
  branch: null,
  tokenEnv: null,
  path: null,
  ignoreDockerfile: false,
  volumes: [] as string[],
  telegramId,
  username: `${name}_bot`,
  lastRelease: 0,
  createdAt: 1,
})

/** Keeps everybody else from writing; gives what ends that. */
const lock = async (dataDir: string): Promise<() => Promise<void>> => {
  const database = new sqlite3.Database(databasePath(dataDir))
  await promisify<string, void>(database.exec.bind(database))('BEGIN IMMEDIATE')
  return promisify<void>(database.close.bind(database))
}

describe('the database', () => {
  test('has exactly the tables that the schemas describe', async () => {
    const database = await openDatabase(join(directory, 'drift'))
    const { upQueries } = await database.source.driver.createSchemaBuilder().log()
    await database.close()
    expect(upQueries.map(({ query }) => query)).toEqual([])
  })

  test('keeps 20 transactions at once apart, of which some fail', async () => {
    const database = await openDatabase(join(directory, 'parallel'))
    const work = Array.from({ length: 20 }, (_, index) =>
      database.transaction(async (entities) => {
        await entities.insert(BotSchema, bot(`bot-${index}`, index))
        if (index % 5 === 0) throw new Error('not this one')
      }),
    )
    const ends = await Promise.allSettled(work)
    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(4)
    expect(await database.read.count(BotSchema)).toBe(16)
    await database.close()
  })

  test('lets two processes write at the same time', async () => {
    const [one, two] = [await openDatabase(join(directory, 'two')), await openDatabase(join(directory, 'two'))]
    const count = (database: typeof one, from: number) =>
      Promise.all(
        Array.from({ length: 25 }, (_, index) =>
          database.transaction(async (entities) => {
            const before = await entities.count(BotSchema)
            await entities.insert(BotSchema, bot(`b-${from + index}-${before}`, from + index))
          }),
        ),
      )
    await Promise.all([count(one, 0), count(two, 1000)])
    expect(await two.read.count(BotSchema)).toBe(50)
    await one.close()
    await two.close()
  })

  test('waits for the lock of another process before it begins, then says so and changes nothing', async () => {
    const database = await openDatabase(join(directory, 'kept'))
    const free = await lock(join(directory, 'kept'))
    let began = false
    const writing = database.transaction(async () => {
      began = true
    })
    await expect(writing).rejects.toMatchObject({ code: 'database_locked' })
    // A read that came between the beginning and the lock would have kept it from waiting.
    expect(began).toBe(false)
    await free()
    await database.transaction((entities) => entities.insert(BotSchema, bot('a', 1)))
    await database.close()
  })

  test('is refused by a version that does not know what a newer one has done', async () => {
    const dataDir = join(directory, 'newer')
    class Newer1900000000000 {
      name = 'Newer1900000000000'
      up = async () => {}
      down = async () => {}
    }
    await (await openDatabase(dataDir, { migrations: [Newer1900000000000] })).close()
    const older = openDatabase(dataDir, { migrations: [] })
    await expect(older).rejects.toMatchObject({ code: 'database_newer' })
    // Who opens only a part has no say in it.
    await (await openDatabase(dataDir)).close()
  })

  test('refuses a second active release of a bot', async () => {
    const database = await openDatabase(join(directory, 'active'))
    const { id } = await database.read.save(BotSchema, bot('a', 1) as Bot)
    const insert = (number: number) =>
      database.read.query(
        `INSERT INTO releases (bot_id, number, sha, ref, subject, image, plan, state, proof, operation_id, created_at)
         VALUES (?, ?, 'x', 'main', '', 'x', '{}', 'active', 'live', 1, 1)`,
        [id, number],
      )
    await insert(1)
    await expect(insert(2)).rejects.toThrow(/UNIQUE constraint failed: releases.bot_id/)
    await database.close()
  })
})

describe('the vault', () => {
  test('gives a value back only for the bot and key that it was sealed for', async () => {
    const vault = await openVault(join(directory, 'key'))
    const sealed = vault.seal(1, 'API_KEY', new Secret('s3cret'))
    expect(sealed.includes('s3cret')).toBe(false)
    expect(vault.open(1, 'API_KEY', sealed).reveal()).toBe('s3cret')
    expect(() => vault.open(2, 'API_KEY', sealed)).toThrow(expect.objectContaining({ code: 'secret_unreadable' }))
    expect(() => vault.open(1, 'OTHER', sealed)).toThrow(expect.objectContaining({ code: 'secret_unreadable' }))
  })

  test('makes its key file readable by nobody else, once', async () => {
    const path = join(directory, 'deep', 'key')
    const ids = await Promise.all(Array.from({ length: 5 }, async () => (await openVault(path)).keyId))
    expect(new Set(ids).size).toBe(1)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  test('refuses a file that is no key', async () => {
    await writeFile(join(directory, 'bad'), 'hello')
    await expect(openVault(join(directory, 'bad'))).rejects.toMatchObject({ code: 'bad_key_file' })
  })
})

test('a secret shows itself nowhere', () => {
  const secret = new Secret('123456789:AAabcdefghijklmnopqrstuvwxyz0123456')
  expect(`${secret} ${JSON.stringify({ secret })}`).not.toContain('AAabc')
  expect(redact(`token=${secret.reveal()}`)).toBe('token=[token]')
  expect(redact(`GET /bot${secret.reveal()}/getMe`)).toBe('GET /bot[token]/getMe')
  expect(redact('the password is hunter22', [new Secret('hunter22')])).toBe('the password is [secret]')
})
