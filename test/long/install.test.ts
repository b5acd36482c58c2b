import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { STEPS } from '../../manager-bot/terminal/install/steps.ts'
import { type InstallBench, type InstallRun, installBench, OWNER } from '../helpers/install-bench.ts'
import { freshVps, type Vps } from '../helpers/vps.ts'

let bench: InstallBench
let vps: Vps | undefined

beforeAll(async () => {
  bench = await installBench()
}, 300_000)

afterEach(async () => {
  await vps?.close()
  vps = undefined
})

afterAll(() => bench?.close())

const order = (step: string) => Object.keys(STEPS).indexOf(step)

/** Each step at its beginning, and the two long ones also at work. */
const KILLS = [
  ...Object.keys(STEPS).map((step) => ({ step, lines: 0 })),
  { step: 'docker', lines: 3 },
  { step: 'docker', lines: 40 },
  { step: 'image', lines: 4 },
  { step: 'image', lines: 60 },
].sort((a, b) => order(a.step) - order(b.step) || a.lines - b.lines)

test('killed in each step and run again, the manager is there once, with one key', async () => {
  vps = await freshVps({ docker: false })
  await vps.allow('root', bench.publicKey)
  for (const killAt of KILLS) {
    const run = await bench.install(vps, { killAt })
    // One that is not killed would have done all that the others are to be killed in.
    expect(run.code, `${killAt.step} ${killAt.lines}\n${run.output}`).toBeNull()
  }
  const last = await bench.install(vps)
  expect(last.code, last.output).toBe(0)
  expect(await vps.sh('docker ps -aq --filter label=tbs.role=manager | wc -l')).toBe('1\n')
  expect(await vps.sh('ls /etc/tbs/keys')).toBe('master.key\nmaster.key.age\nmaster.key.recovery\n')
  expect(await vps.sh('find /etc/tbs /var/lib/tbs /usr/local/lib/tbs -name "*.part"')).toBe('')
  const [, code] = /start=([\w-]+)$/.exec(last.done?.link ?? '') ?? []
  const claimed = bench.say(`/start ${code}`)
  await bench.reads(/You own this manager now/, { after: claimed })
})

describe('where Docker is there already', () => {
  let home: string
  const password = 'correct horse; $(battery) \'staple"'

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tbs-home-'))
  })

  afterAll(() => rm(home, { recursive: true, force: true }))

  test('by a password, as a user of sudo; then by a key; then with another host key', async () => {
    vps = await freshVps({ docker: true })
    await vps.run('sh', '-c', 'printf "%s\\n" "olga:$1" | chpasswd', 'sh', password)
    const byPassword = { user: 'olga', env: { HOME: home, TBS_SSH_PASSWORD: password, TBS_OWNER_ID: String(OWNER) } }

    const wrong = await bench.install(vps, { ...byPassword, env: { ...byPassword.env, TBS_SSH_PASSWORD: 'wrong' } })
    expect(wrong).toMatchObject({ code: 1, error: { code: 'ssh_refused' } })
    const token = await bench.install(vps, {
      ...byPassword,
      env: { ...byPassword.env, TBS_TOKEN: `1234567:${'A'.repeat(35)}` },
    })
    expect(token).toMatchObject({ code: 1, error: { code: 'token_refused' } })
    expect(await vps.sh('ls -d /etc/tbs /var/lib/tbs 2>/dev/null; true')).toBe('')

    const first = await bench.install(vps, byPassword)
    expect(first.code, first.output).toBe(0)
    expect(changed(first)).not.toContain('docker')
    expect(first.output).not.toContain(password)
    expect(first.output).not.toContain(bench.manager.token)
    const pinned = await readFile(bench.knownHosts(vps), 'utf8')
    expect(pinned).toMatch(/^[\d.]+ 22 SHA256:\S{43}\n$/)

    expect(first.events.find(({ step, state }) => step === 'timer' && state === 'end')?.found).toContain('cron')
    expect(await vps.sh('cat /etc/cron.d/tbs-host-timer')).toContain('/usr/local/lib/tbs/host-timer.sh /etc/tbs/')
    const started = bench.say('/start')
    await vps.sh('docker stop $(docker ps -q --filter label=tbs.role=manager)')
    for (let looks = 0; looks < 2; looks++) await vps.sh('/usr/local/lib/tbs/host-timer.sh /etc/tbs/host-timer.conf')
    await bench.reads(/is not well: its container is exited/, { after: started })

    const byMadeKey = { HOME: home, TBS_SUDO_PASSWORD: password, TBS_SSH_PASSWORD: 'not tried' }
    const next = await bench.install(vps, { user: 'olga', env: byMadeKey })
    expect(next.code, next.output).toBe(0)
    expect(changed(next)).toEqual([])

    await vps.allow('olga', bench.publicKey)
    await vps.sh('echo "olga ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/olga')
    const again = await bench.install(vps, { user: 'olga' })
    expect(again.code, again.output).toBe(0)
    expect(changed(again)).toEqual([])

    const other = await bench.install(vps, { user: 'olga', env: { TBS_GIT_PROTOCOLS: 'https' } })
    expect(changed(other)).toEqual(['files', 'container'])
    expect(await vps.sh('docker ps -aq --filter label=tbs.role=manager | wc -l')).toBe('1\n')

    await vps.sh('rm /etc/ssh/ssh_host_*; ssh-keygen -A; pkill -o sshd; sleep 1; /usr/sbin/sshd')
    const refused = await bench.install(vps, byPassword)
    expect(refused).toMatchObject({ code: 1, error: { code: 'host_key_changed' } })
    expect(refused.error?.message).toContain(pinned.split(' ')[2]?.trim())
  })
})

test('what is not known is refused before anything is changed', async () => {
  vps = await freshVps({ docker: false })
  await vps.allow('root', bench.publicKey)
  await vps.sh('sed -i "s/^ID=.*/ID=plan9/; s/^PRETTY_NAME=.*/PRETTY_NAME=Plan9/" /etc/os-release')
  const system = await bench.install(vps)
  expect(system).toMatchObject({ code: 1, error: { code: 'unknown_system' } })
  await vps.sh('sed -i "s/^ID=.*/ID=debian/" /etc/os-release; deluser olga sudo')
  await vps.allow('olga', bench.publicKey)
  const user = await bench.install(vps, { user: 'olga' })
  expect(user).toMatchObject({ code: 1, error: { code: 'not_root' } })
  expect(await vps.sh('ls -d /etc/tbs /var/lib/tbs 2>/dev/null; command -v docker; true')).toBe('')
})

const changed = ({ events }: InstallRun) => events.flatMap(({ step, changed }) => (changed ? [step] : []))
