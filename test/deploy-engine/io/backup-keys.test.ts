import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newIdentity, recipientOf } from '../../../deploy-engine/archive/age.ts'
import { backupKeys } from '../../../deploy-engine/io/backup-keys.ts'
import { temporaryDirectory } from '../../helpers/archives.ts'

test('the server’s own key is made once, for nobody else to read, in the format of age', async () => {
  const keyFile = join(await temporaryDirectory(), 'deep', 'data.key')
  const identities = await Promise.all(Array.from({ length: 5 }, () => backupKeys(keyFile).identity()))
  const [identity] = identities
  expect(new Set(identities.map((one) => one.reveal())).size).toBe(1)
  expect((await stat(`${keyFile}.age`)).mode & 0o777).toBe(0o600)
  expect(await readFile(`${keyFile}.age`, 'utf8')).toContain(identity?.reveal())
})

test('of the recovery key only what files are sealed with is kept', async () => {
  const keyFile = join(await temporaryDirectory(), 'data.key')
  const keys = backupKeys(keyFile)
  const own = await recipientOf(await keys.identity())
  expect(await keys.recovery()).toBeUndefined()
  expect(await keys.recipients()).toEqual([own])
  const { recipient } = await newIdentity()
  await keys.setRecovery((await newIdentity()).recipient)
  await keys.setRecovery(recipient)
  expect(await keys.recipients()).toEqual([own, recipient])
})

test('a file that is no key is refused, and not made anew', async () => {
  const keyFile = join(await temporaryDirectory(), 'data.key')
  for (const name of ['age', 'recovery']) await writeFile(`${keyFile}.${name}`, 'hello\n')
  await expect(backupKeys(keyFile).identity()).rejects.toMatchObject({ code: 'bad_key_file' })
  await expect(backupKeys(keyFile).recovery()).rejects.toMatchObject({ code: 'bad_key_file' })
  expect(await readFile(`${keyFile}.age`, 'utf8')).toBe('hello\n')
})
