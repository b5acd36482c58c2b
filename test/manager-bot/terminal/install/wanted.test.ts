import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { environmentFile, merged } from '../../../../manager-bot/terminal/install/installed-settings.ts'
import { readWanted } from '../../../../manager-bot/terminal/install/wanted.ts'

const TOKEN = `1234567:${'a'.repeat(35)}`

test('a server is a user, root if none is said, and a host', async () => {
  const server = async (host: string | undefined, port?: string) =>
    (await readWanted(host, port === undefined ? {} : { port }, {})).server
  expect(await server(undefined)).toBeUndefined()
  expect(await server('vps.example.org')).toEqual({ user: 'root', host: 'vps.example.org', port: 22 })
  expect(await server('olga@203.0.113.7', '2222')).toEqual({ user: 'olga', host: '203.0.113.7', port: 2222 })
  expect(await server('olga@[2001:db8::1]')).toEqual({ user: 'olga', host: '2001:db8::1', port: 22 })
  for (const wrong of ['-oProxyCommand=x', 'a b', 'a@b@c', 'root@', 'root@-x', 'x;y']) {
    await expect(server(wrong), wrong).rejects.toMatchObject({ code: 'bad_config' })
  }
  await expect(server('vps', '22x')).rejects.toMatchObject({ code: 'bad_config' })
})

test('flags go before the environment; passwords come from it or from files, and never show', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-wanted-'))
  await writeFile(join(directory, 'password'), ' with spaces \n')
  await writeFile(join(directory, 'token'), `${TOKEN}\n`)
  const wanted = await readWanted(
    'vps',
    { owner: '42', instance: 'two', tokenFile: join(directory, 'token') },
    { TBS_OWNER_ID: '1', TBS_TOKEN: `1:${'b'.repeat(35)}`, TBS_SSH_PASSWORD_FILE: join(directory, 'password') },
  )
  expect(wanted).toMatchObject({ instance: 'two', env: { TBS_OWNER_ID: '42' } })
  expect(wanted.token?.reveal()).toBe(TOKEN)
  expect(wanted.passwords.ssh?.reveal()).toBe(' with spaces ')
  expect(JSON.stringify(wanted)).not.toContain('with spaces')
  await expect(readWanted('vps', { owner: 'me' }, {})).rejects.toMatchObject({
    message: expect.stringMatching(/^TBS_OWNER_ID/),
  })
  await rm(directory, { recursive: true })
})

test('what is left out stays as it was, and the time zone is the server’s', () => {
  const then = { TBS_NET_POOL: '10.1.0.0/16', TBS_OWNER_ID: '1', TZ: 'Asia/Tokyo' }
  const settings = merged(then, { TBS_OWNER_ID: '2', TZ: 'Europe/Berlin', PATH: '/bin', TBS_TOKEN: 'x' }, 'Etc/UTC')
  expect(settings).toEqual({ TBS_NET_POOL: '10.1.0.0/16', TBS_OWNER_ID: '2', TZ: 'Asia/Tokyo' })
  expect(environmentFile(settings)).toBe('TBS_OWNER_ID=2\nTBS_NET_POOL=10.1.0.0/16\nTZ=Asia/Tokyo\n')
  expect(merged({}, {}, 'Etc/UTC')).toEqual({ TZ: 'Etc/UTC' })
})
