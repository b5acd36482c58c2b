import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Engine } from '../../../deploy-engine/index.ts'
import { type OpenDatabase, openDatabase } from '../../../deploy-engine/io/database.ts'
import { openVault } from '../../../deploy-engine/io/vault.ts'
import { removeSecret, storeSecret } from '../../../deploy-engine/operations/secrets.ts'
import { rememberedTokens } from '../../../deploy-engine/operations/tokens.ts'
import { allBots, type Bot, BotSchema } from '../../../deploy-engine/records/bot.ts'
import { TOKEN_KEY } from '../../../deploy-engine/records/secret.ts'
import { Secret } from '../../../deploy-engine/secret.ts'

let directory: string
let database: OpenDatabase
let engine: Engine
let tokenOf: (bot: Bot) => Promise<Secret>
let one: Bot
let other: Bot

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-tokens-'))
  database = await openDatabase(directory)
  const vault = await openVault(join(directory, 'key'))
  engine = { database, vault, clock: { now: () => 1 } } as unknown as Engine
  vi.spyOn(vault, 'open')
  await add('one', 1)
  await add('other', 2)
  const bots = await allBots(database.read)
  one = bots.find(({ name }) => name === 'one') as Bot
  other = bots.find(({ name }) => name === 'other') as Bot
  await setToken(one, '1:first')
  await setToken(other, '2:other')
  vi.mocked(vault.open).mockClear()
  tokenOf = rememberedTokens(engine)
})

afterEach(async () => {
  await database.close()
  await rm(directory, { recursive: true })
})

const add = (name: string, telegramId: number): Promise<unknown> =>
  database.transaction((entities) =>
    entities.insert(BotSchema, { name, telegramId, repo: 'https://example.org/x.git', username: name, createdAt: 1 }),
  )

const setToken = (bot: Bot, token: string): Promise<void> =>
  database.transaction((entities) => storeSecret(engine, entities, { bot, key: TOKEN_KEY, value: new Secret(token) }))

test('each bot has its own, and what does not change is decrypted once', async () => {
  expect((await tokenOf(one)).reveal()).toBe('1:first')
  expect((await tokenOf(other)).reveal()).toBe('2:other')
  await add('third', 3)
  expect((await tokenOf(one)).reveal()).toBe('1:first')
  expect(engine.vault.open).toHaveBeenCalledTimes(2)
})

test('a token that is changed is today’s, and one that is taken away is missing', async () => {
  await tokenOf(one)
  await setToken(one, '1:second')
  expect((await tokenOf(one)).reveal()).toBe('1:second')
  await database.transaction((entities) => removeSecret(engine, entities, { bot: one, key: TOKEN_KEY }))
  await expect(tokenOf(one)).rejects.toMatchObject({ code: 'no_token' })
  expect((await tokenOf(other)).reveal()).toBe('2:other')
})
