import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { Secret } from '../secret.ts'

/**
 * What telegram-bot-stack encrypts with: a Fernet key as it is, and of any other text, a password, the key that is
 * derived from it and the bot's name.
 */
export const stackKey = (given: Secret, bot: string): Buffer => {
  const text = given.reveal()
  if (/^[A-Za-z0-9_-]{43}=$/.test(text)) return Buffer.from(text, 'base64url')
  return pbkdf2Sync(text, saltOf(bot), 100_000, 32, 'sha256')
}

const saltOf = (bot: string): Buffer => {
  const name = Buffer.from(bot).subarray(0, 16)
  return Buffer.concat([name, Buffer.alloc(16 - name.length, '0')])
}

/** The value of a Fernet token, however old; undefined: it is none, was altered, or is of another key. */
export const openFernet = (token: string, key: Buffer): Secret | undefined => {
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length < LEAST || bytes[0] !== VERSION) return undefined
  const signed = bytes.subarray(0, -HMAC)
  const expected = createHmac('sha256', key.subarray(0, 16)).update(signed).digest()
  if (!timingSafeEqual(expected, bytes.subarray(-HMAC))) return undefined
  const decipher = createDecipheriv('aes-128-cbc', key.subarray(16), signed.subarray(IV_AT, CONTENT_AT))
  try {
    return new Secret(Buffer.concat([decipher.update(signed.subarray(CONTENT_AT)), decipher.final()]).toString('utf8'))
  } catch {
    return undefined
  }
}

// https://github.com/fernet/spec: version, time, IV, content in blocks of AES, HMAC.
const VERSION = 0x80
const IV_AT = 9
const CONTENT_AT = 25
const HMAC = 32
const LEAST = CONTENT_AT + 16 + HMAC
