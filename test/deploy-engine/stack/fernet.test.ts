import { pbkdf2Sync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../../../deploy-engine/index.ts'
import { openFernet, stackKey } from '../../../deploy-engine/stack/fernet.ts'
import { newFernetKey, sealFernet } from '../../helpers/stack-directory.ts'

const keyOf = (text: string) => stackKey(new Secret(text), 'my-bot')
const opened = (token: string, key: string) => openFernet(token, keyOf(key))?.reveal()

test('the example of the specification is opened', () => {
  const token = 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=='
  expect(opened(token, 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=')).toBe('hello')
})

test('any text comes back; with another key, altered or cut short, none does', () => {
  const key = newFernetKey()
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.nat(), (text, at) => {
      const token = sealFernet(text, key)
      expect(opened(token, key)).toBe(text)
      expect(opened(token, newFernetKey())).toBeUndefined()
      const bytes = Buffer.from(token, 'base64url')
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1
      expect(opened(bytes.toString('base64url'), key)).toBeUndefined()
      expect(opened(token.slice(0, at % (token.length - 3)), key)).toBeUndefined()
    }),
    { numRuns: 50 },
  )
})

test('what is no key is a password, salted with the bot’s name', () => {
  const derived = pbkdf2Sync('a pass phrase', `my-bot${'0'.repeat(10)}`, 100_000, 32, 'sha256')
  const token = sealFernet('12345', derived.toString('base64url'))
  expect(opened(token, 'a pass phrase')).toBe('12345')
  expect(openFernet(token, stackKey(new Secret('a pass phrase'), 'another-bot-with-a-long-name'))).toBeUndefined()
})
