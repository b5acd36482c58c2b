import { readFile } from 'node:fs/promises'
import { newIdentity, recipientOf } from '../archive/age.ts'
import { TbsError } from '../error.ts'
import type { BackupKeys } from '../ports.ts'
import { Secret } from '../secret.ts'
import { createWhole, replaceWhole } from './whole-file.ts'

/**
 * Two files beside the master key: the server's own key, in the format of the tool `age`, made when it is first needed,
 * and of the recovery key only what files are sealed for it with.
 */
export const backupKeys = (keyFile: string): BackupKeys => {
  const own = `${keyFile}.age`
  const recovery = `${keyFile}.recovery`
  const keys: BackupKeys = {
    identity: async () => {
      const text = (await content(own)) ?? (await createIdentity(own))
      const identity = /^AGE-SECRET-KEY-1[A-Z0-9]+$/m.exec(text)?.[0]
      if (identity === undefined) throw notAKey(own)
      return new Secret(identity)
    },
    recovery: async () => {
      const text = (await content(recovery))?.trim()
      if (text !== undefined && !/^age1[a-z0-9]{58}$/.test(text)) throw notAKey(recovery)
      return text
    },
    setRecovery: (recipient) => replaceWhole(recovery, `${recipient}\n`),
    recipients: async () => {
      const more = await keys.recovery()
      return [await recipientOf(await keys.identity()), ...(more === undefined ? [] : [more])]
    },
  }
  return keys
}

const createIdentity = async (path: string): Promise<string> => {
  const { identity, recipient } = await newIdentity()
  await createWhole(path, `# public key: ${recipient}\n${identity.reveal()}\n`)
  return readFile(path, 'utf8')
}

const content = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })

const notAKey = (path: string): TbsError =>
  new TbsError('bad_key_file', `${path} is no key of backups`, {
    hint: 'Put the right file there; without it the backups that there are can only be opened by the recovery key',
  })
