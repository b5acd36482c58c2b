import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
  const size = await vps.sh('stat -c %s /var/lib/tbs/backups/echo-bot/* | head -1')
  expect(bytes).toHaveLength(Number(size))

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

const running = (what: string) => vps.sh(`ps -eo args | grep -c "[n]ode .*${what}" || true`)
