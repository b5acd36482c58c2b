import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type KnownHosts, knownHosts } from '../../../../manager-bot/terminal/install/known-hosts.ts'
import { logIn } from '../../../../manager-bot/terminal/install/log-in.ts'
import { deliverKey, madeKeyIn } from '../../../../manager-bot/terminal/install/made-key.ts'
import { unattended } from '../../../../manager-bot/terminal/install/question.ts'
import { thisMachine } from '../../../../manager-bot/terminal/install/this-machine.ts'
import { type SshServer, sshServer } from '../../../helpers/ssh-server.ts'

let directory: string
let sshd: SshServer
let known: KnownHosts
let keyFile: string
let stop: AbortController

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-ssh-'))
  sshd = await sshServer(join(directory, 'sshd'))
  known = knownHosts(join(directory, 'config', 'known-hosts'))
  keyFile = join(directory, 'key')
  stop = new AbortController()
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile])
  await sshd.allow((await readFile(`${keyFile}.pub`, 'utf8')).trim())
})

afterEach(async () => {
  stop.abort()
  await sshd.close()
  await rm(directory, { recursive: true, force: true })
})

const connect = async (how: { accept?: () => Promise<boolean>; keyFile?: string; madeKey?: Buffer } = {}) => {
  const server = { user: userInfo().username, host: '127.0.0.1', port: sshd.port }
  const none = { agent: undefined, password: undefined, madeKey: undefined, question: unattended, signal: stop.signal }
  return (await logIn(server, { ...none, known, accept: async () => true, keyFile, ...how })).target
}

test('words, input, lines and the exit code come through as they are', async () => {
  const target = await connect()
  const odd = ['', ' ', "it's", '$(id) `id` "x" \\', 'a\nb', '*', '-n', '…']
  const ran = await target.run(['printf', '%s\\0', ...odd])
  expect(ran.stdout.split('\0').slice(0, -1)).toEqual(odd)
  const big = Buffer.alloc(3_000_000, 'x')
  expect((await target.run(['wc', '-c'], { stdin: Readable.from([big]) })).stdout.trim()).toBe('3000000')
  const told: string[] = []
  const failed = await target.run(['sh', '-c', 'echo out; echo err >&2; exit 7'], { onLine: (line) => told.push(line) })
  expect(failed).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' })
  expect(told.sort()).toEqual(['err', 'out'])
})

test('what is attached gets its input as it comes, and keeps its two outputs apart', async () => {
  for (const target of [await connect(), thisMachine(stop.signal)]) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const code = target.attach(['sh', '-c', 'read line; echo "got $line"; cat; echo err >&2; exit 7'], {
      ...{ stdin, stdout, stderr },
    })
    stdin.write('one\n')
    expect(String((await once(stdout, 'data'))[0])).toBe('got one\n')
    const bytes = Buffer.from([0, 255, 10, 13, 128])
    stdin.end(bytes)
    expect((await once(stdout, 'data'))[0]).toEqual(bytes)
    expect(await code).toBe(7)
    expect(await text(stderr.end())).toBe('err\n')
    // It does not wait for an input that nobody ends.
    const open = { stdin: new PassThrough(), stdout, stderr: new PassThrough() }
    expect(await target.attach(['true'], open)).toBe(0)
  }
})

test('a key that was never seen is asked about and pinned; another one is refused, and nothing is sent', async () => {
  await expect(connect({ accept: async () => false })).rejects.toMatchObject({ code: 'host_key_refused' })
  expect(await known.fingerprintOf('127.0.0.1', sshd.port)).toBeUndefined()
  expect(sshd.log()).not.toContain('Accepted')

  ;(await connect()).close()
  const pinned = await known.fingerprintOf('127.0.0.1', sshd.port)
  const shown = execFileSync('ssh-keyscan', ['-p', String(sshd.port), '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  expect(execFileSync('ssh-keygen', ['-lf', '-'], { input: shown }).toString()).toContain(pinned)
  ;(await connect({ accept: async () => expect.fail('it is known') })).close()

  await sshd.changeHostKey()
  const accepted = sshd.log().split('Accepted').length
  await expect(connect()).rejects.toMatchObject({
    code: 'host_key_changed',
    message: expect.stringContaining(pinned ?? ''),
  })
  expect(sshd.log().split('Accepted')).toHaveLength(accepted)
})

test('who is not let in, and who is not there, is told from each other', async () => {
  const other = join(directory, 'other')
  execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-N', '', '-f', other])
  await expect(connect({ keyFile: other })).rejects.toMatchObject({ code: 'ssh_refused' })
  const locked = join(directory, 'locked')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'phrase', '-f', locked])
  await expect(connect({ keyFile: locked })).rejects.toMatchObject({ code: 'bad_ssh_key' })
  await sshd.close()
  await expect(connect()).rejects.toMatchObject({ code: 'ssh_unreachable' })
  sshd = await sshServer(join(directory, 'second'))
})

test('a key is made once, delivered once, and lets in', async () => {
  const made = madeKeyIn(join(directory, 'config'))
  expect(await made.read()).toBeUndefined()
  const line = await made.make()
  expect(await madeKeyIn(join(directory, 'config')).make()).toBe(line)
  expect((await stat(join(directory, 'config/id_ed25519'))).mode & 0o777).toBe(0o600)

  const home = join(directory, 'home')
  const target = await connect()
  const atHome: typeof target = { ...target, run: (argv, how) => target.run(['env', `HOME=${home}`, ...argv], how) }
  await mkdir(join(home, '.ssh'), { recursive: true })
  await writeFile(join(home, '.ssh/authorized_keys'), 'ssh-rsa AAAA without an end')
  expect(await deliverKey(atHome, line)).toBe(true)
  expect(await deliverKey(atHome, line)).toBe(false)
  const file = await readFile(join(home, '.ssh/authorized_keys'), 'utf8')
  expect(file).toBe(`ssh-rsa AAAA without an end\n${line}\n`)
  await sshd.allow(line)
  const other = join(directory, 'other')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other])
  const madeKey = await made.read()
  expect((await connect({ keyFile: other, ...(madeKey && { madeKey }) })).name).toContain('127.0.0.1')
})

test('a connection that is lost, and a stop, end what runs', async () => {
  const target = await connect()
  const lost = target.run(['sh', '-c', 'kill -9 $PPID; sleep 60'])
  await expect(lost).rejects.toMatchObject({ code: 'connection_lost' })
  const next = await connect()
  const running = next.run(['sleep', '60'])
  stop.abort()
  await expect(running).rejects.toMatchObject({ name: 'AbortError' })
})
