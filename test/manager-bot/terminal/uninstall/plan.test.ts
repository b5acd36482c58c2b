import { expect, test } from 'vitest'
import type { Target } from '../../../../manager-bot/terminal/install/target.ts'
import { type Found, look } from '../../../../manager-bot/terminal/uninstall/look.ts'
import { isEmpty, planOf, planText } from '../../../../manager-bot/terminal/uninstall/plan.ts'

const container = (id: string, bot = '') => ({ id, name: `/tbs-${id}`, running: true, bot })

const FOUND: Found = {
  manager: [container('manager')],
  bots: [container('echo-v1', 'echo')],
  others: [container('probe', 'echo')],
  images: { manager: ['manager-image'], bots: ['echo-image'] },
  networks: [container('net-echo', 'echo'), container('net-gone', 'gone')],
  volumes: ['tbs-echo-data'],
  paths: ['/etc/tbs/token', '/etc/cron.d/tbs-host-timer', '/var/lib/tbs', '/etc/tbs/keys'],
}

const plan = (choice: { bots?: boolean; data?: boolean } = {}, found = FOUND) =>
  planOf('tbs', found, { bots: false, data: false, ...choice })

test('bots, with what they need, and data stay unless they are named', () => {
  expect(plan()).toEqual({
    containers: ['manager', 'probe'],
    images: ['manager-image'],
    networks: ['net-gone'],
    volumes: [],
    files: ['/etc/tbs/token', '/etc/cron.d/tbs-host-timer'],
    directories: [],
    kept: [expect.stringContaining('echo-v1'), '/var/lib/tbs', '/etc/tbs/keys', expect.stringContaining('1 volumes')],
  })
  expect(plan({ bots: true })).toMatchObject({
    containers: ['manager', 'probe', 'echo-v1'],
    images: ['manager-image', 'echo-image'],
    networks: ['net-echo', 'net-gone'],
    volumes: [],
    directories: [],
  })
  expect(plan({ data: true })).toMatchObject({ volumes: [], directories: ['/var/lib/tbs', '/etc/tbs/keys'] })
  expect(plan({ bots: true, data: true })).toMatchObject({ volumes: ['tbs-echo-data'], kept: [] })
})

test('what stays is nothing that is left to remove', () => {
  const nothing = { ...FOUND, manager: [], others: [], images: { manager: [], bots: ['echo-image'] } }
  const rest = { ...nothing, networks: [container('net-echo', 'echo')], paths: ['/var/lib/tbs', '/etc/tbs/keys'] }
  expect(isEmpty(plan({}, rest))).toBe(true)
  expect(isEmpty(plan({ bots: true }, rest))).toBe(false)
  expect(isEmpty(plan({ data: true }, rest))).toBe(false)
})

test('it is shown before', () => {
  const text = planText(plan({ data: true }), { where: 'root@vps', backup: 'no backup' })
  expect(text).toContain('– 2 containers\n– 1 image\n– 1 network\n– /etc/tbs/token')
  expect(text).toContain('– /var/lib/tbs and all in it\n')
  expect(text).toMatch(/This stays:\n.*echo-v1.*looked after by nobody/)
})

const target = (answers: Record<string, string>): Target => ({
  name: 'root@vps',
  attach: async () => 1,
  close: () => {},
  run: async (argv) => {
    const stdout = Object.entries(answers).find(([words]) => argv.join(' ').includes(words))?.[1]
    return { code: stdout === undefined ? 1 : 0, stdout: stdout ?? '', stderr: '' }
  },
})

test('only what has the label of the instance is looked for; a Docker that is away is no empty one', async () => {
  const files = { 'for path': '/etc/tbs/token\n/var/lib/tbs/tbs.sqlite\n' }
  const row = (id: string, role: string) => `${id}\t/tbs-${id}\trunning\techo\t${role}\n`
  const ours = '--filter label=tbs.instance=tbs'
  const docker = {
    'docker --version': '',
    [`docker ps --all --no-trunc ${ours} `]: row('m', 'manager') + row('b', 'bot') + row('p', 'probe'),
    [`docker images --no-trunc ${ours} --filter label=tbs.role=manager`]: 'sha256:m\n',
    [`docker images --no-trunc ${ours} `]: 'sha256:m\nsha256:b\nsha256:b\n',
    [`docker network ls --no-trunc ${ours} `]: 'n\ttbs-net\t-\techo\n',
    [`docker volume ls ${ours} `]: 'v\n',
  }
  expect(await look(target({ ...files, ...docker }), 'tbs')).toMatchObject({
    manager: [{ id: 'm', running: true }],
    bots: [{ id: 'b', bot: 'echo' }],
    others: [{ id: 'p' }],
    images: { manager: ['sha256:m'], bots: ['sha256:b'] },
    networks: [{ id: 'n', bot: 'echo' }],
    volumes: ['v'],
    paths: ['/etc/tbs/token', '/var/lib/tbs'],
  })
  expect(await look(target(files), 'tbs')).toMatchObject({ manager: [], paths: ['/etc/tbs/token', '/var/lib/tbs'] })
  await expect(look(target({ ...files, 'docker --version': '' }), 'tbs')).rejects.toMatchObject({
    code: 'command_failed',
  })
})
