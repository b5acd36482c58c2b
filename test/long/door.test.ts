import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type InstallBench, installBench } from '../helpers/install-bench.ts'
import { freshVps, type Vps } from '../helpers/vps.ts'

// The verbs of the terminal against a manager on a server, from another machine.

let bench: InstallBench
let vps: Vps

beforeAll(async () => {
  bench = await installBench()
  vps = await freshVps({ docker: true })
  await vps.allow('root', bench.publicKey)
}, 300_000)

afterAll(async () => {
  await vps?.close()
  await bench?.close()
})

// Before --: what comes behind it is another program's.
const there = ([verb = '', ...words]: string[], input: string | Buffer = '') => {
  const program = bench.begin(vps, [verb, '--host', `root@${vps.address}`, ...words])
  program.child.stdin.end(input)
  return program.ended
}

test('a server whose key was never seen is refused where nobody can be asked', async () => {
  const unseen = await there(['bots'])
  expect(unseen).toMatchObject({ code: 1, out: '', err: expect.stringContaining('--fingerprint') })
})

test('without a manager there, it is said; and what is only for here does not go there', async () => {
  const key = (await vps.sh('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).split(' ')[1] ?? ''
  const missing = await there(['bots', '--json', '--fingerprint', key])
  expect(JSON.parse(missing.out)).toMatchObject({ error: { code: 'no_manager' } })
  expect(missing.code).toBe(1)
  for (const verb of ['install', 'demo', 'validate', 'serve', 'healthcheck']) {
    expect(await there([verb])).toMatchObject({ code: 1, err: expect.stringContaining(`${verb} is not for --host`) })
  }
})

test('input, output, exit code and Ctrl-C go through', async () => {
  const installed = await bench.install(vps)
  expect(installed.code, installed.output).toBe(0)

  const { token } = bench.sandbox.addBot({ username: 'echo_bot', name: 'Echo' })
  const added = await there(['addbot', 'echo-bot', bench.repo], `${token}\n`)
  expect(added).toMatchObject({ code: 0, out: expect.stringContaining('registered as @echo_bot'), err: '' })
  const deployed = await there(['deploy', 'echo-bot', 'main'])
  expect(deployed.out, deployed.err).toContain('✓ Build the image')
  const bots = await there(['bots', '--json'])
  expect(JSON.parse(bots.out)).toMatchObject([{ name: 'echo-bot' }])
  const missing = await there(['status', 'it’s "$(id)"; `x`', '--json'])
  expect(missing.code).toBe(1)
  expect(JSON.parse(missing.out).error.message).toContain('bot')

  const following = bench.begin(vps, ['logs', 'echo-bot', '--follow', '--host', `root@${vps.address}`])
  await once(following.child.stdout, 'data')
  expect(await running('tbs-manager logs')).toBe('1\n')
  following.child.kill('SIGINT')
  await following.ended
  expect(await running('tbs-manager logs')).toBe('0\n')

  const backup = await there(['backup', 'echo-bot', '--json'])
  expect(backup.code, backup.out).toBe(0)
  const { bytes } = await there(['backup', 'download', '1', '-o', '-'])
  const sums = await vps.sh('find /var/lib/tbs/backups -type f -exec sha256sum {} +')
  expect(sums).toContain(createHash('sha256').update(bytes).digest('hex'))

  expect(await there(['exec', 'echo-bot', '--', 'sh', '-c', 'cat; exit 9'], 'typed')).toMatchObject({
    ...{ code: 9, out: 'typed', err: '' },
  })
  const sleeping = bench.begin(vps, [
    'exec',
    'echo-bot',
    '--host',
    `root@${vps.address}`,
    '--',
    'sh',
    '-c',
    'echo here; sleep 321',
  ])
  await once(sleeping.child.stdout, 'data')
  sleeping.child.kill('SIGINT')
  expect(await sleeping.ended).toMatchObject({ code: 130 })
  expect(await vps.sh('ps -eo args | grep -c "[s]leep 321" || true')).toBe('0\n')
}, 600_000)

test('a database is brought into a stopped bot, for its user, and out of it again', async () => {
  const local = await mkdtemp(join(tmpdir(), 'tbs-door-'))
  onTestFinished(() => rm(local, { recursive: true, force: true }))
  await mkdir(join(local, 'old/media'), { recursive: true })
  const database = new Uint8Array(randomBytes(3_000_000))
  database.set(Buffer.from('SQLite format 3\0'))
  await writeFile(join(local, 'old/bot.db'), database)
  await writeFile(join(local, 'old/media/a.txt'), 'a')
  const write = (text: string) => there(['exec', 'echo-bot', '--', 'sh', '-c', text])

  const running = await there(['cp', join(local, 'old'), 'echo-bot:/app/data'])
  expect(running).toMatchObject({ code: 1, err: expect.stringContaining('is not stopped') })
  expect(await write('echo stale >data/bot.db-wal; mkdir data/media; echo b >data/media/b.txt')).toMatchObject({
    code: 0,
  })
  expect(await there(['stop', 'echo-bot'])).toMatchObject({ code: 0 })
  expect(await there(['exec', 'echo-bot', '--', 'true'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('not run'),
  })
  const outside = await there(['cp', join(local, 'old'), 'echo-bot:/etc'])
  expect(outside).toMatchObject({ code: 1, err: expect.stringContaining('Its volumes: /app/data') })
  expect(await there(['cp', join(local, 'old'), 'echo-bot:/app/data'])).toEqual({
    ...{ code: 0, out: '', err: '', bytes: Buffer.alloc(0) },
  })
  expect(await there(['cp', join(local, 'old/bot.db'), 'echo-bot:/app/data/second.db'])).toMatchObject({ code: 0 })
  expect(await there(['cp', join(local, 'old/bot.db'), 'echo-bot:/app/data/no/x'])).toMatchObject({
    ...{ code: 1, err: expect.stringContaining('there is no directory') },
  })
  expect(await there(['cp', 'echo-bot:/app/data', join(local, 'new')])).toMatchObject({ code: 0, err: '' })
  expect((await readFile(join(local, 'new/bot.db'))).equals(database)).toBe(true)
  expect((await readFile(join(local, 'new/second.db'))).equals(database)).toBe(true)
  expect((await readdir(join(local, 'new'), { recursive: true })).sort()).toEqual([
    ...['bot.db', 'media', 'media/a.txt', 'media/b.txt', 'second.db'],
  ])
  expect(await there(['cp', 'echo-bot:/app/data', join(local, 'new')])).toMatchObject({ code: 0 })
  expect(await there(['cp', 'echo-bot:/app/data/bot.db', join(local, 'new')])).toMatchObject({
    ...{ code: 1, err: expect.stringContaining('is there already') },
  })
  expect(await vps.sh('docker ps -aq --filter label=tbs.role=task')).toBe('')
  await there(['run', 'echo-bot'])
  const owners = await write('cd data && stat -c %u . bot.db media/a.txt second.db | sort -u; id -u')
  expect(new Set(owners.out.trim().split('\n')).size).toBe(1)
  expect((await there(['audit', 'echo-bot'])).out).toMatch(/cp.*echo-bot:\/app\/data/)
}, 600_000)

const DOCKER_ANSWERS = { check: 'docker', state: 'ok' }

test('the doctor also looks where the manager does not run', async () => {
  await vps.sh('docker stop tbs-manager')
  const bots = await there(['bots', '--json'])
  expect(JSON.parse(bots.out)).toMatchObject({ error: { code: 'manager_stopped' } })
  const looked = await there(['doctor', '--json'])
  expect(JSON.parse(looked.out).findings, looked.err).toContainEqual(expect.objectContaining(DOCKER_ANSWERS))
  expect(await vps.sh('docker ps -aq --filter label=tbs.role=errand')).toBe('')
  await vps.sh('docker start tbs-manager')
})

const uninstall = async (...options: string[]) => {
  const program = bench.begin(vps, ['uninstall', `root@${vps.address}`, ...options])
  program.child.stdin.end()
  return program.ended
}

const OURS = '/etc/tbs /var/lib/tbs /usr/local/lib/tbs /etc/cron.d/tbs-host-timer /etc/systemd/system/tbs-host-timer.*'
const places = () => vps.sh(`ls -d ${OURS} 2>/dev/null || true`)

test('it is taken away again: the manager, then the bots and their data; what is not its stays', async () => {
  const neighbour = '--label tbs.instance=tbs2 --label tbs.role=manager'
  await vps.sh(
    `docker create --name other ${neighbour} node:24-bookworm-slim true && docker volume create ${neighbour} other`,
  )
  await vps.sh(`docker network create ${neighbour} other`)
  const files = () => vps.sh('find /var/lib/tbs/backups/echo-bot -type f | wc -l')
  const before = Number(await files())

  const unsure = await uninstall()
  expect(unsure).toMatchObject({ code: 1, err: expect.stringContaining('Nobody can be asked') })
  expect(unsure.out).toContain('goes on as it is')
  expect(await there(['bots'])).toMatchObject({ code: 0 })

  const first = await uninstall('--yes')
  expect(first, first.err).toMatchObject({ code: 0, out: expect.stringContaining('✓ Back up every bot: echo-bot') })
  expect(Number(await files())).toBe(before + 1)
  expect(await places()).toBe('/etc/tbs\n/var/lib/tbs\n')
  expect(await vps.sh('ls /etc/tbs')).toBe('keys\n')
  expect(await vps.sh("docker ps --format '{{.Names}}'")).toMatch(/^tbs-echo-bot-v1\S*\n$/)
  const twice = await uninstall('--yes')
  expect(twice).toMatchObject({ code: 0, out: expect.stringMatching(/^There is nothing left of the manager tbs on /) })

  const rest = await uninstall('--yes', '--bots', '--data')
  expect(rest, rest.err).toMatchObject({ code: 0 })
  expect(await places()).toBe('')
  expect(await vps.sh('docker ps -aq --filter label=tbs.instance=tbs; docker volume ls -q; docker network ls -q')).toBe(
    await vps.sh('docker volume ls -q --filter name=other; docker network ls -q'),
  )
  expect(await vps.sh(`docker ps -a --format '{{.Names}}'; docker images -q --filter label=tbs.instance`)).toBe(
    'other\n',
  )
  expect(await uninstall('--bots', '--data')).toMatchObject({ code: 0, out: expect.stringContaining('nothing left') })
}, 300_000)

const running = (what: string) => vps.sh(`ps -eo args | grep -c "[n]ode .*${what}" || true`)
