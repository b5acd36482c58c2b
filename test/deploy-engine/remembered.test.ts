import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type OpenDatabase, openDatabase } from '../../deploy-engine/io/database.ts'
import { allBots, BotSchema } from '../../deploy-engine/records/bot.ts'
import { remembered } from '../../deploy-engine/remembered.ts'

let directory: string
let database: OpenDatabase
let other: OpenDatabase
let loads: number
let names: () => Promise<string[]>

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-remembered-'))
  database = await openDatabase(directory)
  other = await openDatabase(directory)
  loads = 0
  names = remembered({ database }, async () => {
    loads++
    return (await allBots(database.read)).map(({ name }) => name)
  })
})

afterEach(async () => {
  await database.close()
  await other.close()
  await rm(directory, { recursive: true })
})

const add = (to: OpenDatabase, name: string): Promise<unknown> =>
  to.transaction((entities) => entities.insert(BotSchema, { ...BOT, name, telegramId: name.length }))

const BOT = { repo: 'https://example.org/x.git', username: 'x_bot', createdAt: 1 }

test('nothing is loaded twice while nothing is written', async () => {
  expect([await names(), await names()]).toEqual([[], []])
  await database.transaction(() => allBots(database.read))
  expect(await names()).toEqual([])
  expect(loads).toBe(1)
})

test('who asks at the same time waits for one load', async () => {
  expect(await Promise.all([names(), names(), names()])).toEqual([[], [], []])
  await add(database, 'a')
  expect(await Promise.all([names(), names()])).toEqual([['a'], ['a']])
  expect(loads).toBe(2)
})

test('a load that fails is tried again by whoever asks next', async () => {
  vi.spyOn(database.read, 'find').mockRejectedValueOnce(new Error('busy'))
  await expect(names()).rejects.toThrow('busy')
  expect(await names()).toEqual([])
})

test('what this process writes is found, and what another one does', async () => {
  await names()
  await add(database, 'a')
  expect(await names()).toEqual(['a'])
  await add(other, 'bb')
  await vi.waitFor(async () => expect(await names()).toEqual(['a', 'bb']), { timeout: 4_000 })
  expect(await names()).toEqual(['a', 'bb'])
  expect(loads).toBe(3)
})

test('what was seen in the middle of a transaction is not kept when that is rolled back', async () => {
  await names()
  const failed = database.transaction(async (entities) => {
    await entities.insert(BotSchema, { ...BOT, name: 'gone', telegramId: 1 })
    expect(await names()).toEqual(['gone'])
    throw new Error('no')
  })
  await expect(failed).rejects.toThrow('no')
  expect(await names()).toEqual([])
})
