import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Secret } from '../../../deploy-engine/index.ts'
import { localFiles } from '../../../deploy-engine/io/files.ts'
import { envLines, unquoted } from '../../../deploy-engine/stack/env-lines.ts'
import { readStack, type Stack } from '../../../deploy-engine/stack/read-stack.ts'
import { readStackConfig } from '../../../deploy-engine/stack/stack-config.ts'
import { temporaryDirectory } from '../../helpers/archives.ts'
import { newFernetKey, type StackFiles, stackDirectory } from '../../helpers/stack-directory.ts'

const TOKEN = '123456:AAExampleOfThirtyFiveCharacters_abc'

const read = (directory: string, key?: string): Promise<Stack> =>
  readStack(localFiles(directory), { directory, ...(key !== undefined && { key: new Secret(key) }) })

const stack = async (files: Partial<StackFiles> = {}): Promise<string> =>
  stackDirectory(await temporaryDirectory(), { token: TOKEN, secrets: { PAYMENTS: 'hunter2 = 1' }, ...files })

const revealed = (secrets: Stack['secrets']) =>
  Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, value.reveal()]))

test('settings, secrets and the token are found where that tool has them', async () => {
  const found = await read(await stack())
  expect(found.token?.reveal()).toBe(TOKEN)
  expect(found.settings).toEqual({
    ...{ PYTHONPATH: '/app', PRODUCTION: 'true', LOG_LEVEL: 'DEBUG', TZ: 'Europe/Berlin', CITY: 'Bonn' },
    GREETING: 'hello "you"\nthere',
  })
  // One of them was in the clear, where it should not have been.
  expect(revealed(found.secrets)).toEqual({ PAYMENTS: 'hunter2 = 1', MAPS_API_KEY: 'not-for-everybody-1234' })
  expect(found.config).toMatchObject({ name: 'old-bot', tokenEnv: 'BOT_TOKEN', memory: '256M', cpus: '0.5' })
  expect(found.left.map(({ what }) => what)).toEqual(['bot.db', 'logs/'])
})

test('the key that is given goes before the one beside it; what it does not open is named', async () => {
  const key = newFernetKey()
  const directory = await stack({ key, keyInside: false })
  expect((await read(directory, key)).token?.reveal()).toBe(TOKEN)
  const none = await read(directory)
  expect(none.token).toBeUndefined()
  expect(none.left[0]).toMatchObject({ what: 'BOT_TOKEN', why: expect.stringContaining('there is no key') })
  const wrong = await read(await stack(), newFernetKey())
  expect(wrong.left.slice(0, 2)).toEqual([
    { what: 'BOT_TOKEN', why: 'it can’t be decrypted with this key' },
    { what: 'PAYMENTS', why: 'it can’t be decrypted with this key' },
  ])
})

test('an older deployment has its token in .env', async () => {
  const directory = await stack()
  await rm(join(directory, '.secrets.env.encrypted'))
  await writeFile(join(directory, '.env'), `BOT_TOKEN=${TOKEN}\n`)
  const { token, settings } = await read(directory)
  expect(token?.reveal()).toBe(TOKEN)
  expect(settings.BOT_TOKEN).toBeUndefined()
})

test('what is no deployment, or whose deploy.yaml can’t be understood, is refused', async () => {
  const directory = await stack()
  const refused = (text: string, code: string) =>
    writeFile(join(directory, 'deploy.yaml'), text).then(() =>
      expect(read(directory), text).rejects.toMatchObject({ code }),
    )
  await refused('', 'bad_deploy_yaml')
  await refused('bot: {}', 'bad_deploy_yaml')
  await refused('bot:\n  name: x\nenvironment: [a]', 'bad_deploy_yaml')
  await refused('bot: { name: "x"', 'bad_deploy_yaml')
  await rm(join(directory, 'deploy.yaml'))
  await expect(read(directory)).rejects.toMatchObject({ code: 'no_deploy_yaml' })
})

test('empty sections are none', () => {
  const { environment, key, tokenEnv } = readStackConfig('bot:\n  name: x\nresources:\nsecrets:\nenvironment:\n')
  expect({ environment, key, tokenEnv }).toMatchObject({ environment: { TZ: 'UTC' }, key: undefined })
  expect(tokenEnv).toBe('BOT_TOKEN')
})

test('lines of an env file are read as Docker Compose reads them', () => {
  const lines = envLines('# A=1\nA=1\nexport B = two words # said\n\nC="a\\\\b\\$c \\t" # x\nD=\'$x\'\nE=\nno line')
  expect(lines.map(([name, raw]) => [name, unquoted(raw)])).toEqual([
    ['A', '1'],
    ['B', 'two words'],
    ['C', 'a\\b$c \t'],
    ['D', '$x'],
    ['E', ''],
  ])
})
