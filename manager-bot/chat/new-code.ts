import { randomBytes } from 'node:crypto'

/** For a link that makes its first opener somebody: 128 bits, in letters that Telegram's links take. */
export const newCode = (): string => randomBytes(16).toString('base64url')
