import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isUnreachable } from '../../scripts/setup/base-images.mjs'
import { installAdvice, isDebian } from '../../scripts/setup/debian-packages.mjs'
import { isOlder, isRunning, refusal } from '../../scripts/setup/docker-engine.mjs'
import { difference, whyInstall } from '../../scripts/setup/node-modules.mjs'
import { type Findings, problems, summary, tooOld } from '../../scripts/setup/verdict.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const never = new AbortController().signal

describe('what a look found', () => {
  const git = { name: 'git', debianPackage: 'git', version: '2.39.5' }
  const redis = { name: 'redis-server', debianPackage: 'redis-server', version: '7.0.15' }
  const ready: Findings = {
    node: '20.20.2',
    programs: [git, redis],
    staleModules: undefined,
    docker: { version: '20.10.24' },
    missingImages: [],
    standIns: [],
  }

  test('all there: one line', () => {
    expect(problems(ready)).toEqual([])
    expect(summary(ready, '1.1 s')).toBe('node 20.20.2, docker 20.10.24, redis 7.0.15, images ok (1.1 s)')
  })

  test('a stand-in is named in that line', () => {
    expect(summary({ ...ready, standIns: [{ image: 'node:24', id: 'sha256:1' }] }, '1.1 s')).toContain(
      'images ok; node:24 is an OFFLINE STAND-IN, not the real image',
    )
    const standIns = ['node:24', 'node:22'].map((image) => ({ image, id: 'sha256:1' }))
    expect(summary({ ...ready, standIns }, '1.1 s')).toContain(
      'images ok; OFFLINE STAND-INS, not the real images: node:24 and 1 more',
    )
  })

  test('everything that is wrong is told, in the order of repair', () => {
    const found: Findings = {
      ...ready,
      programs: [git, { ...redis, version: undefined }],
      staleModules: 'node_modules/zod is missing',
      docker: { absent: 'connect ENOENT /var/run/docker.sock' },
      missingImages: ['node:24'],
    }
    expect(problems(found)).toEqual([
      'redis-server is missing',
      'node_modules: node_modules/zod is missing',
      'Docker is not running (connect ENOENT /var/run/docker.sock)',
      'image node:24 is missing',
    ])
  })
})

describe('Node', () => {
  test.each(['20.19.0', '20.20.2', '22.0.0', '100.1.0'])('%s is new enough', (version) => {
    expect(tooOld(version)).toBeUndefined()
  })

  test.each(['18.20.4', '20.18.3', '9.9.9'])('%s is too old, and the message says what is needed', (version) => {
    expect(tooOld(version)).toMatch(new RegExp(`^Node ${version} is too old: 20\\.19 or newer`))
  })
})

describe('Debian packages', () => {
  test.each([
    ['ID=debian\nVERSION_ID="12"', true],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian', true],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"', true],
    ['ID=fedora', false],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', false],
    ['', false],
  ])('%j: %s', (osRelease, expected) => expect(isDebian(osRelease)).toBe(expected))

  test('without root the exact commands are given', () => {
    expect(installAdvice(['make', 'redis-server'], { debian: true, mayAct: false })).toBe(
      'Missing: make, redis-server. Only root may install packages. Run:\n' +
        '  sudo apt-get update\n' +
        '  sudo apt-get install -y --no-install-recommends make redis-server',
    )
  })

  test('elsewhere the names have to do', () => {
    expect(installAdvice(['make'], { debian: false, mayAct: false })).toContain(
      'Missing: make (names of Debian packages)',
    )
  })
})

describe('node_modules', () => {
  const machine = { os: 'linux', cpu: 'x64', libc: 'glibc' }
  const locked = {
    '': {},
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/native-arm64': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['arm64'] },
    'node_modules/native-x64': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'] },
    'node_modules/native-x64-musl': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
  }
  const good = { 'node_modules/zod': '4.6.7', 'node_modules/native-x64': '1.0.0' }

  test.each<[string, Record<string, string>, string[], string | undefined]>([
    ['as locked', good, [], undefined],
    ['another version', { ...good, 'node_modules/zod': '4.6.6' }, [], 'node_modules/zod is 4.6.6 and not 4.6.7'],
    ['one missing', { 'node_modules/native-x64': '1.0.0' }, [], 'node_modules/zod is missing'],
    ['binary of this machine missing', { 'node_modules/zod': '4.6.7' }, [], 'node_modules/native-x64 is missing'],
    ['one too many', good, ['node_modules/left-pad'], 'node_modules/left-pad is not in package-lock.json'],
  ])('%s', (_, installed, recorded, expected) => {
    const found = { installed: new Map(Object.entries(installed)), recorded, machine }
    expect(difference(locked, found)).toBe(expected)
  })

  test('versions are read from the packages themselves', async () => {
    const root = checkout({ packages: { 'node_modules/zod': { version: '9.9.9' } } })
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
    expect(await whyInstall(root, never)).toMatch(/^node_modules\/zod is 4\.\S+ and not 9\.9\.9$/)
  })

  test('sqlite3 that does not load is seen, whatever the lock file says', async () => {
    const root = checkout({ packages: {} })
    mkdirSync(join(root, 'node_modules/sqlite3'), { recursive: true })
    writeFileSync(join(root, 'node_modules/sqlite3/index.js'), "throw new Error('Could not locate the bindings file')")
    symlinkSync(join(ROOT, 'node_modules/esbuild'), join(root, 'node_modules/esbuild'))
    expect(await whyInstall(root, never)).toBe('sqlite3 does not load')
  })
})

describe('Docker', () => {
  test.each([
    ['1.40', true],
    ['1.41', false],
    ['1.50', false],
    ['2.0', false],
    ['1.9', true],
  ])('API %s is too old: %s', (version, expected) => expect(isOlder(version, '1.41')).toBe(expected))

  const failure = (code: string) => Object.assign(new Error(`connect ${code}`), { code })

  test('nothing at the socket: it may be started', () => {
    expect(refusal(failure('ENOENT'), undefined)).toEqual({ absent: 'connect ENOENT' })
    expect(refusal(failure('ECONNREFUSED'), undefined)).toEqual({ absent: 'connect ECONNREFUSED' })
  })

  test('no permission, or nothing at DOCKER_HOST: only a person can help', () => {
    expect(refusal(failure('EACCES'), undefined)).toHaveProperty(
      'unusable',
      expect.stringContaining('usermod -aG docker'),
    )
    expect(refusal(failure('ENOENT'), 'unix:///run/mine.sock')).toHaveProperty(
      'unusable',
      expect.stringContaining('DOCKER_HOST=unix:///run/mine.sock'),
    )
  })

  test('a pid file counts only while its process is that program; a stale one is removed', async () => {
    const root = temporary()
    const pidFile = join(root, 'docker.pid')
    mkdirSync(join(root, 'proc/41'), { recursive: true })
    writeFileSync(join(root, 'proc/41/comm'), 'dockerd\n')
    writeFileSync(pidFile, '41')
    expect(await isRunning(pidFile, 'dockerd', join(root, 'proc'))).toBe(true)
    writeFileSync(join(root, 'proc/41/comm'), 'redis-server\n')
    expect(await isRunning(pidFile, 'dockerd', join(root, 'proc'))).toBe(false)
    expect(existsSync(pidFile)).toBe(false)
    expect(await isRunning(pidFile, 'dockerd', join(root, 'proc'))).toBe(false)
  })
})

describe('base images: a stand-in is made only where the registry cannot be reached', () => {
  test.each([
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: no such host',
    'dial tcp 203.0.113.9:443: connect: connection refused',
    'dial tcp 203.0.113.9:443: i/o timeout',
    'net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    'dial tcp [2001:db8::1]:443: connect: network is unreachable',
    'no progress for 60 s, timeout',
  ])('unreachable: %s', (failure) => expect(isUnreachable(failure)).toBe(true))

  test.each([
    'toomanyrequests: You have reached your pull rate limit',
    'manifest for node:24-bookworm-slim not found: manifest unknown',
    'pull access denied for node, repository does not exist or may require docker login',
    'received unexpected HTTP status: 503 Service Unavailable',
    'write /var/lib/docker/tmp/x: no space left on device',
  ])('reached: %s', (failure) => expect(isUnreachable(failure)).toBe(false))
})

describe('node scripts/setup.mjs', () => {
  test('a ready machine: one line, exit code 0, under 2 s', () => {
    const runs = [[], [], ['--test']].map((args) => setup(ROOT, { args }))
    for (const { status, stdout, stderr } of runs) {
      expect(stderr).toBe('')
      expect(stdout).toMatch(
        /^setup: node [\d.]+, docker [\d.]+, redis [\d.]+, (chromium .+, )?images ok.* \([\d.]+ s\)\n$/,
      )
      expect(status).toBe(0)
    }
    expect(Math.min(...runs.map(({ seconds }) => seconds))).toBeLessThan(2)
    // Whatever else runs meanwhile, the quickest of three tells.
  })

  test('a program is missing and may not be installed: the commands, exit code 1, nothing else is touched', () => {
    const root = temporary()
    const bin = join(root, 'bin')
    mkdirSync(bin)
    for (const program of ['git', 'python3', 'make', 'g++', 'npm']) symlinkSync(which(program), join(bin, program))
    cpSync(join(ROOT, 'scripts'), join(root, 'scripts'), { recursive: true })
    cpSync(join(ROOT, 'package-lock.json'), join(root, 'package-lock.json'))
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const { status, stdout, stderr } = setup(root, { env: { PATH: bin, HOME: root }, ...nobody })
    expect(stderr).toMatch(
      /^ {2}sudo apt-get update\n {2}sudo apt-get install -y --no-install-recommends .*redis-server$/m,
    )
    expect(stdout).toBe('')
    expect(status).toBe(1)
    expect(existsSync(join(root, 'node_modules'))).toBe(false)
  })

  test('a Docker that does not answer is seen, however ready everything else is', () => {
    const socket = join(temporary(), 'docker.sock')
    const { status, stderr } = setup(ROOT, { env: { ...process.env, DOCKER_HOST: `unix://${socket}` } })
    expect(stderr).toContain(`No Docker answers at DOCKER_HOST=unix://${socket}`)
    expect(status).toBe(1)
  })
})

type Run = { status: number | null; stdout: string; stderr: string; seconds: number }

const setup = (
  root: string,
  { args = [], ...options }: { args?: string[]; env?: NodeJS.ProcessEnv; uid?: number; gid?: number } = {},
): Run => {
  const started = performance.now()
  const run = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs'), ...args], { encoding: 'utf8', ...options })
  return { ...run, seconds: (performance.now() - started) / 1000 }
}

const which = (program: string): string => spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim()

const checkout = (lock: object): string => {
  const root = temporary()
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock))
  return root
}

const temporary = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'tbs-setup-'))
  chmodSync(directory, 0o755)
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}
