import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { TbsError } from '../error.ts'
import type { Vault } from '../ports.ts'
import { Secret } from '../secret.ts'
import { type MasterKey, openKeyFile } from './key-file.ts'

/** What was sealed before keys could change: it does not say with which. */
const WITHOUT_ID = 1
const WITH_ID = 2
const ID = 4
const IV = 12
const TAG = 16

/** AES-256-GCM under the master key in `keyFile`, which is made when it is absent. */
export const openVault = async (keyFile: string): Promise<Vault> => {
  const file = await openKeyFile(keyFile)
  const vault: Vault = {
    get keyId() {
      return file.keys()[0].id
    },
    get keyIds() {
      return file.keys().map(({ id }) => id)
    },
    seal: (bot, name, value) => {
      const [{ id, key }] = file.keys()
      const iv = randomBytes(IV)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(bindingOf(bot, name))
      const sealed = Buffer.concat([cipher.update(value.reveal(), 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(WITH_ID), Buffer.from(id, 'hex'), iv, cipher.getAuthTag(), sealed])
    },
    open: (bot, name, sealed) => {
      const { keys, rest } = lockedBy(file.everSeen(), sealed)
      for (const { key } of keys) {
        const value = unlocked(key, bindingOf(bot, name), rest)
        if (value) return value
      }
      throw new TbsError('secret_unreadable', `The stored secret ${name} can’t be decrypted with ${keyFile}`, {
        hint: 'Put the master key file back that it was made with, or set the secret again',
      })
    },
    isCurrent: (sealed) => sealed[0] === WITH_ID && idOf(sealed) === vault.keyId,
    addKey: file.add,
    dropOtherKeys: file.dropOthers,
  }
  return vault
}

const bindingOf = (bot: number, key: string): Buffer => Buffer.from(`bot:${bot}:${key}`)

const idOf = (sealed: Buffer): string => sealed.subarray(1, 1 + ID).toString('hex')

const lockedBy = (keys: readonly MasterKey[], sealed: Buffer): { keys: readonly MasterKey[]; rest: Buffer } => {
  if (sealed[0] === WITHOUT_ID) return { keys, rest: sealed.subarray(1) }
  return { keys: keys.filter(({ id }) => sealed[0] === WITH_ID && id === idOf(sealed)), rest: sealed.subarray(1 + ID) }
}

/** undefined: this is not its key, it is for another bot or name, or somebody has changed it. */
const unlocked = (key: Buffer, binding: Buffer, rest: Buffer): Secret | undefined => {
  try {
    // Else a tag that was cut short would count, down to 4 bytes of it.
    const decipher = createDecipheriv('aes-256-gcm', key, rest.subarray(0, IV), { authTagLength: TAG })
    decipher.setAAD(binding).setAuthTag(rest.subarray(IV, IV + TAG))
    const plain = Buffer.concat([decipher.update(rest.subarray(IV + TAG)), decipher.final()])
    return new Secret(plain.toString('utf8'))
  } catch {
    return undefined
  }
}
