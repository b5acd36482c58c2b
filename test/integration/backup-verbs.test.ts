import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { archiveOf } from '../helpers/archives.ts'
import { type Installation, installation } from '../helpers/installation.ts'

// What a terminal does with files of backups, without a manager that runs.

let here: Installation

beforeAll(async () => {
  here = await installation()
})

afterAll(() => here.close())

test('the recovery key is shown once and kept nowhere; another one only on purpose', async () => {
  const first = await here.terminal(['recovery-key'])
  expect(first.code, first.output).toBe(0)
  const key = /AGE-SECRET-KEY-1[A-Z0-9]+/.exec(first.output)?.[0] ?? 'none'
  const recipient = /age1[a-z0-9]{58}/.exec(first.output)?.[0]
  expect((await readFile(`${here.dataDir}.key.recovery`, 'utf8')).trim()).toBe(recipient)
  for (const file of ['.key', '.key.age', '.key.recovery', '/tbs.sqlite']) {
    const found = await readFile(`${here.dataDir}${file}`, 'utf8').catch(() => '')
    expect(found.includes(key), file).toBe(false)
  }

  const second = await here.terminal(['recovery-key'])
  expect(second.code).toBe(1)
  expect(second.output).toContain('There is a recovery key already')
  expect(second.output).not.toContain('AGE-SECRET-KEY')
  expect((await here.terminal(['recovery-key', '--replace'])).output).not.toContain(key)
})

test('verify unpacks a file and says what is in it; with a wrong key or one altered byte it fails', async () => {
  const { file, directory, identity } = await archiveOf()
  const keyFile = join(directory, 'key')
  await writeFile(keyFile, `# created today\n${identity.reveal()}\n`)

  const good = await here.terminal(['backup', 'verify', file, '--key-file', keyFile])
  expect(good.code, good.output).toBe(0)
  expect(good.output).toContain('is whole: decrypted, unpacked to its end and held against 2 checksums')
  expect(good.output).toContain('/app/data: 1 file')
  expect(good.output).toContain('2 secrets')
  expect(good.output).not.toContain('AAExample')
  const piped = await here.terminal(['backup', 'verify', file, '--key-file', '-'], identity.reveal())
  expect(piped.code, piped.output).toBe(0)

  expect(await here.terminal(['backup', 'verify', file])).toMatchObject({ code: 1 })
  expect((await here.terminal(['backup', 'verify', file, '--key-file', '-'], 'nonsense')).output).toContain(
    'This is no key of a backup',
  )
  const bytes = await readFile(file)
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1
  await writeFile(file, bytes)
  const damaged = await here.terminal(['backup', 'verify', file, '--key-file', keyFile, '--json'])
  expect(damaged.code).toBe(1)
  expect(JSON.parse(damaged.output)).toMatchObject({ error: { code: 'backup_cut' } })
})

test('a file from elsewhere gets a number, once, and is sealed for this server', async () => {
  const { file, identity } = await archiveOf()
  const take = () => here.terminal(['backup', 'import', file, '--key-file', '-', '--json'], identity.reveal())
  const first = await take()
  expect(first.code, first.output).toBe(0)
  const { id, bot, file: kept } = JSON.parse(first.output)
  expect(bot).toBe('my-bot')
  expect(JSON.parse((await take()).output).id).toBe(id)
  expect((await stat(join(here.dataDir, kept))).mode & 0o777).toBe(0o600)
  const verified = await here.terminal(['backup', 'verify', String(id)])
  expect(verified.code, verified.output).toBe(0)

  await writeFile(join(here.dataDir, kept), 'rubbish')
  expect((await here.terminal(['backup', 'verify', String(id)])).code).toBe(1)
  expect((await here.terminal(['backups', 'my-bot'])).output).toContain('damaged')
  // Its own copy is broken, the file is not: it is taken again.
  expect(JSON.parse((await take()).output).id).toBe(id)
  expect((await here.terminal(['backup', 'verify', String(id)])).code).toBe(0)
})
