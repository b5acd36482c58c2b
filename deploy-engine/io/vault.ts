import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { access, link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TbsError } from '../error.ts'
import type { Vault } from '../ports.ts'
import { Secret } from '../secret.ts'

const VERSION = 1
const IV = 12
const TAG = 16

/** AES-256-GCM under the master key in `keyFile` (hexadecimal, mode 0600), which is made when it is absent. */
export const openVault = async (keyFile: string): Promise<Vault> => {
  const key = await readKey(keyFile)
  return {
    keyId: createHash('sha256').update(key).digest('hex').slice(0, 8),

    seal: (bot, name, value) => {
      const iv = randomBytes(IV)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(bindingOf(bot, name))
      const sealed = Buffer.concat([cipher.update(value.reveal(), 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(VERSION), iv, cipher.getAuthTag(), sealed])
    },

    open: (bot, name, sealed) => {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + IV))
      decipher.setAAD(bindingOf(bot, name)).setAuthTag(sealed.subarray(1 + IV, 1 + IV + TAG))
      try {
        const plain = Buffer.concat([decipher.update(sealed.subarray(1 + IV + TAG)), decipher.final()])
        return new Secret(plain.toString('utf8'))
      } catch (cause) {
        throw new TbsError('secret_unreadable', `The stored secret ${name} can’t be decrypted with ${keyFile}`, {
          hint: 'Put the master key file back that it was made with, or set the secret again',
          cause,
        })
      }
    },
  }
}

const bindingOf = (bot: number, key: string): Buffer => Buffer.from(`bot:${bot}:${key}`)

const readKey = async (path: string): Promise<Buffer> => {
  await createKey(path)
  const text = (await readFile(path, 'utf8')).trim()
  if (/^[0-9a-f]{64}$/.test(text)) return Buffer.from(text, 'hex')
  throw new TbsError('bad_key_file', `${path} is not a master key: 64 hexadecimal digits are expected`, {
    hint: 'Put the right file there; without it stored tokens are lost',
  })
}

// Written aside and then linked: the file exists whole or not at all, also when two processes start at once.
const createKey = async (path: string): Promise<void> => {
  if (await exists(path)) return
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(aside, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(32).toString('hex')}\n`)
    await file.sync()
    await link(aside, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await file.close()
    await unlink(aside)
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
