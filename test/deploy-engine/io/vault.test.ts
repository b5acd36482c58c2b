import { mkdtemp, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openVault } from '../../../deploy-engine/io/vault.ts'
import type { Vault } from '../../../deploy-engine/ports.ts'
import { Secret } from '../../../deploy-engine/secret.ts'

let directory: string
let path: string
let vault: Vault
let count = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-vault-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

beforeEach(async () => {
  count += 1
  path = join(directory, `key-${count}`)
  vault = await openVault(path)
})

const bot = fc.integer({ min: 0, max: 2_000_000_000 })
const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('token', 'git:key', 'A', ':', '1:A', 'file:a'))
const value = fc.string({ unit: 'grapheme', maxLength: 500 })
const unreadable = expect.objectContaining({ code: 'secret_unreadable' })

test('whatever is sealed comes back as it was, for its own bot and name and no other', () => {
  fc.assert(
    fc.property(bot, name, value, bot, name, (oneBot, oneName, text, otherBot, otherName) => {
      const sealed = vault.seal(oneBot, oneName, new Secret(text))
      expect(vault.open(oneBot, oneName, sealed).reveal()).toBe(text)
      if (otherBot === oneBot && otherName === oneName) return
      expect(() => vault.open(otherBot, otherName, sealed)).toThrow(unreadable)
    }),
    {
      numRuns: 500,
      examples: [
        [1, '2:A', 'x', 12, 'A'],
        [1, 'A', 'x', 2, 'A'],
        [1, 'A', '', 1, 'B'],
      ],
    },
  )
})

test('one that was altered, cut short or taken from another key is refused', async () => {
  const stranger = await openVault(join(directory, `other-${count}`))
  fc.assert(
    fc.property(value, fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, change) => {
      const sealed = vault.seal(1, 'A', new Secret(text))
      const altered = Buffer.from(sealed)
      const place = at % sealed.length
      altered[place] = (altered[place] ?? 0) ^ change
      expect(() => vault.open(1, 'A', altered)).toThrow(unreadable)
      expect(() => vault.open(1, 'A', sealed.subarray(0, place))).toThrow(unreadable)
      expect(() => stranger.open(1, 'A', sealed)).toThrow(unreadable)
    }),
    { numRuns: 300 },
  )
})

test('old values can be read until the old key is dropped, and by who read them before also then', async () => {
  const sealed = vault.seal(1, 'A', new Secret('x'))
  const other = await openVault(path)
  const { keyId } = vault
  other.addKey()
  expect(vault.keyIds).toEqual([other.keyId, keyId])
  expect(vault.isCurrent(sealed)).toBe(false)
  expect(vault.isCurrent(vault.seal(1, 'A', new Secret('x')))).toBe(true)
  other.dropOtherKeys()
  expect(vault.keyIds).toEqual([other.keyId])
  expect(vault.open(1, 'A', sealed).reveal()).toBe('x')
  const fresh = await openVault(path)
  expect(() => fresh.open(1, 'A', sealed)).toThrow(unreadable)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('what was sealed before keys had numbers is still read', async () => {
  const sealed = vault.seal(1, 'A', new Secret('x'))
  const older = Buffer.concat([Buffer.of(1), sealed.subarray(5)])
  expect(vault.open(1, 'A', older).reveal()).toBe('x')
  expect(vault.isCurrent(older)).toBe(false)
  vault.addKey()
  expect(vault.open(1, 'A', older).reveal()).toBe('x')
})

test('a key file that is taken away, or is none, harms only whoever starts then', async () => {
  const text = await readFile(path, 'utf8')
  await unlink(path)
  expect(vault.open(1, 'A', vault.seal(1, 'A', new Secret('x'))).reveal()).toBe('x')
  await writeFile(path, `${text.trim()}\nnot a key\n`)
  await expect(openVault(path)).rejects.toMatchObject({ code: 'bad_key_file' })
})
