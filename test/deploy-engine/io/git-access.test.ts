import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { GIT_LIMITS } from '../../../deploy-engine/io/git/limits.ts'
import { systemGit } from '../../../deploy-engine/io/git.ts'
import type { GitPort } from '../../../deploy-engine/ports.ts'
import { Secret } from '../../../deploy-engine/secret.ts'
import { publicKeyLine } from '../../../deploy-engine/source/openssh-key.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type GitHttpServer, gitHttpServer } from '../../helpers/git-http-server.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'
import { type SshServer, sshServer } from '../../helpers/ssh-server.ts'

const { signal } = new AbortController()
const TOKEN = 'ghp_a-token-that-must-not-be-seen-anywhere'
let directory: string
let dataDir: string
let repo: GitRepo
let git: GitPort
let count = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-git-'))
  // A space in a path is where quoting goes wrong.
  dataDir = join(directory, 'data dir')
  await mkdir(join(directory, 'repos'))
  repo = await gitRepo(join(directory, 'repos', 'private'))
  await repo.commit('main', { 'a.txt': 'a' }, 'Private')
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const fresh = (): string => join(directory, `mirror-${count++}`)

/** Every byte below the data dir and in the mirrors. */
const everythingWritten = async (): Promise<string> => {
  const paths = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = paths.filter((entry) => entry.isFile() && !entry.parentPath.includes('/ssh'))
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
  return texts.join('\n')
}

const message = (error: unknown): string =>
  error instanceof Error ? `${error.message}\n${error.stack}\n${message(error.cause)}` : String(error)

describe('a token over https', () => {
  let server: GitHttpServer
  let url: string

  beforeAll(async () => {
    server = await gitHttpServer(join(directory, 'repos'), directory)
    url = `${server.origin}/private`
    vi.stubEnv('GIT_SSL_CAINFO', server.certificate)
    git = systemGit({ dataDir, gitProtocols: ['https'] })
  })

  beforeEach(() => {
    Object.assign(server, { wants: `x-access-token:${TOKEN}`, redirect: undefined, bytesPerSecond: 0 })
    server.requests.length = 0
  })

  afterAll(() => server.close())

  const access = { token: new Secret(TOKEN) }

  test('is shown to the server that asks for it, and is nowhere to be found afterwards', async () => {
    await git.ask({ url, access }, signal)
    const mirror = fresh()
    const { sha } = await git.fetch({ mirror, url, access }, signal)
    const into = await mkdtemp(join(directory, 'tree-'))
    await git.checkout({ mirror, sha, directory: into, access }, signal)
    expect(await readFile(join(into, 'a.txt'), 'utf8')).toBe('a')
    expect(await everythingWritten()).not.toContain(TOKEN)
    expect(await readdir(dataDir)).toEqual([])
  })

  test('is not in any argument of a process while git runs', async () => {
    server.bytesPerSecond = 500
    const running = git.fetch({ mirror: fresh(), url, access }, signal)
    const seen: string[] = []
    const settled = running.then(
      () => true,
      () => true,
    )
    while (!(await Promise.race([settled, new Promise<false>((resolve) => setTimeout(() => resolve(false), 20))]))) {
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
        if (words.includes(String(server.port))) seen.push(words)
      }
    }
    await running
    expect(seen.some((words) => words.includes('fetch'))).toBe(true)
    expect(seen.join('\n')).not.toContain(TOKEN)
  })

  test('may come with a user name', async () => {
    server.wants = 'deploy-user:secret:word'
    await git.ask({ url, access: { token: new Secret('deploy-user:secret:word') } }, signal)
  })

  test.each<[string, { token: Secret } | undefined]>([
    ['missing', undefined],
    ['wrong', { token: new Secret('a-wrong-token') }],
  ])('that is %s is lack of access', async (_what, wrong) => {
    const request = { url, ...(wrong && { access: wrong }) }
    const error = await git.fetch({ ...request, mirror: fresh() }, signal).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'needs_access' })
    expect(message(error)).not.toContain('a-wrong-token')
    await expect(git.ask(request, signal)).rejects.toMatchObject({ code: 'needs_access' })
  })

  test('a repository that the server does not show is lack of access, too', async () => {
    const request = { mirror: fresh(), url: `${server.origin}/nothing-here`, access }
    await expect(git.fetch(request, signal)).rejects.toMatchObject({ code: 'needs_access' })
  })

  test('is not shown to the server of a submodule, nor after a redirect', async () => {
    const elsewhere = await mkdtemp(join(directory, 'other-'))
    const other = await gitHttpServer(join(directory, 'repos'), elsewhere)
    const both = `${await readFile(server.certificate, 'utf8')}${await readFile(other.certificate, 'utf8')}`
    await writeFile(join(directory, 'both.pem'), both)
    vi.stubEnv('GIT_SSL_CAINFO', join(directory, 'both.pem'))
    const trusting = systemGit({ dataDir, gitProtocols: ['https'] })
    other.wants = 'somebody:else'
    try {
      server.redirect = other.origin
      await expect(trusting.fetch({ mirror: fresh(), url, access }, signal)).rejects.toMatchObject({
        code: 'needs_access',
      })
      server.redirect = undefined
      const outer = await withSubmodule('outer', `${other.origin}/private`)
      const mirror = fresh()
      const { sha } = await trusting.fetch({ mirror, url: `${server.origin}/${outer}`, access }, signal)
      const into = await mkdtemp(join(directory, 'tree-'))
      await expect(trusting.checkout({ mirror, sha, directory: into, access }, signal)).rejects.toMatchObject({
        code: 'broken_submodule',
        message: expect.stringMatching(/^The submodule lib: .* can’t be read without a login$/),
      })
      expect(other.requests.length).toBeGreaterThan(1)
      expect(other.requests.map(({ authorization }) => authorization).filter(Boolean)).toEqual([])
      // The same server's other repositories may be read with it.
      const inner = await withSubmodule('beside', '../private')
      const again = fresh()
      const found = await trusting.fetch({ mirror: again, url: `${server.origin}/${inner}`, access }, signal)
      const tree = await mkdtemp(join(directory, 'tree-'))
      await trusting.checkout({ mirror: again, sha: found.sha, directory: tree, access }, signal)
      expect(await readdir(join(tree, 'lib'))).toEqual(['a.txt'])
    } finally {
      vi.stubEnv('GIT_SSL_CAINFO', server.certificate)
      await other.close()
    }
  })

  const withSubmodule = async (name: string, submoduleUrl: string): Promise<string> => {
    const outer = await gitRepo(join(directory, 'repos', name))
    await outer.commit('main', { '.gitmodules': `[submodule "lib"]\n\tpath = lib\n\turl = ${submoduleUrl}\n` })
    const sha = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repo.directory, encoding: 'utf8' }).trim()
    const inOuter = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.c', ...args], { cwd: outer.directory })
    inOuter('update-index', '--add', '--cacheinfo', `160000,${sha},lib`)
    inOuter('commit', '--quiet', '-m', 'lib')
    return name
  }

  test('a fetch that is cancelled while a pack comes in ends within 2 s', async () => {
    const slow = await gitRepo(join(directory, 'repos', 'slow'))
    await slow.commit('main', { 'random.txt': randomBytes(4 << 20).toString('latin1') })
    Object.assign(server, { wants: undefined, bytesPerSecond: 200_000 })
    const stop = new AbortController()
    const before = server.sent()
    const running = git.fetch({ mirror: fresh(), url: `${server.origin}/slow` }, stop.signal)
    const ended = running.catch((error) => error)
    await eventually(() => expect(server.sent() - before).toBeGreaterThan(100_000))
    const reason = new Error('cancelled')
    const began = performance.now()
    stop.abort(reason)
    expect(await ended).toBe(reason)
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('a server that sends more than the limit is cut off on the way', async () => {
    server.wants = undefined
    const large = await gitRepo(join(directory, 'repos', 'large'))
    await large.commit('main', { 'random.txt': randomBytes(12 << 20).toString('latin1') })
    server.bytesPerSecond = 4 << 20
    const strict = systemGit({ dataDir, gitProtocols: ['https'] }, { ...GIT_LIMITS, bytes: 1 << 20 })
    const mirror = fresh()
    const before = server.sent()
    await expect(strict.fetch({ mirror, url: `${server.origin}/large` }, signal)).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('it sends more than 1 MB'),
    })
    expect(server.sent() - before).toBeLessThan(10 << 20)
    expect(await readdir(join(mirror, 'objects', 'pack'))).toEqual([])
  })
})

describe('a key over ssh', () => {
  let server: SshServer
  let url: string

  beforeAll(async () => {
    server = await sshServer(join(directory, 'ssh'))
    url = `${server.origin}${repo.directory}`
    vi.stubEnv('SSH_AUTH_SOCK', '')
    git = systemGit({ dataDir, gitProtocols: ['ssh'] })
  })

  afterAll(() => server.close())

  test('made here is one that OpenSSH reads, and opens what its public half is put into', async () => {
    const { privateKey, publicKey } = git.createKey()
    expect(publicKeyLine(privateKey.reveal())).toBe(publicKey)
    const file = join(directory, 'check-key')
    await writeFile(file, privateKey.reveal(), { mode: 0o600 })
    const read = execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' })
    await rm(file)
    expect(read.trim()).toBe(publicKey)
    const request = { mirror: fresh(), url, access: { key: privateKey } }
    await expect(git.fetch(request, signal)).rejects.toMatchObject({
      code: 'needs_access',
      message: expect.stringContaining('Permission denied (publickey)'),
    })
    await server.allow(publicKey)
    const { sha } = await git.fetch(request, signal)
    const into = await mkdtemp(join(directory, 'tree-'))
    const found = await git.checkout({ mirror: request.mirror, sha, directory: into, access: request.access }, signal)
    expect(found).toEqual({ subject: 'Private' })
    expect(await readdir(into)).toEqual(['a.txt'])
  })

  test('is a file that nobody else can read, only while git runs', async () => {
    const { privateKey, publicKey } = git.createKey()
    await server.allow(publicKey)
    const running = git.ask({ url, access: { key: privateKey } }, signal)
    const modes: number[] = []
    let over = false
    const settled = running.finally(() => {
      over = true
    })
    while (!over) {
      for (const name of await readdir(join(dataDir, 'tmp')).catch(() => [])) {
        const found = await stat(join(dataDir, 'tmp', name, 'key')).catch(() => undefined)
        const around = await stat(join(dataDir, 'tmp', name)).catch(() => undefined)
        if (found && around) modes.push(found.mode & 0o777, around.mode & 0o777)
      }
      await new Promise((resolve) => setImmediate(resolve))
    }
    await settled
    expect(new Set(modes)).toEqual(new Set([0o600, 0o700]))
    expect(await readdir(join(dataDir, 'tmp'))).toEqual([])
    expect(await everythingWritten()).not.toContain(privateKey.reveal().split('\n')[3])
  })

  test('of this machine are not offered beside a key of the bot', async () => {
    const socket = join(directory, 'agent')
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    const theirs = join(directory, 'their-key')
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', theirs])
    await eventually(() => stat(socket))
    execFileSync('ssh-add', ['-q', theirs], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
    await server.allow(await readFile(`${theirs}.pub`, 'utf8'))
    vi.stubEnv('SSH_AUTH_SOCK', socket)
    const withAgent = systemGit({ dataDir, gitProtocols: ['ssh'] })
    vi.stubEnv('SSH_AUTH_SOCK', '')
    try {
      await withAgent.ask({ url }, signal)
      const access = { key: git.createKey().privateKey }
      await expect(withAgent.ask({ url, access }, signal)).rejects.toMatchObject({ code: 'needs_access' })
    } finally {
      agent.kill()
    }
  })

  test('a server with another host key than before is refused, with how to go on', async () => {
    const { privateKey, publicKey } = git.createKey()
    await server.allow(publicKey)
    const request = { url, access: { key: privateKey } }
    await git.ask(request, signal)
    await server.changeHostKey()
    const error = await git.ask(request, signal).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'host_key_changed', message: expect.stringContaining('another host key') })
    const forget = /ssh-keygen -R '(\S+)' -f '(.*)'/.exec(error.hint) ?? []
    execFileSync('ssh-keygen', ['-R', forget[1] ?? '', '-f', forget[2] ?? ''], { stdio: 'ignore' })
    await git.ask(request, signal)
  })

  test('a server that is not there is no lack of access', async () => {
    await expect(git.ask({ url: 'ssh://git@127.0.0.1:1/x' }, signal)).rejects.toMatchObject({
      code: 'fetch_failed',
      message: expect.stringContaining('Connection refused'),
    })
  })
})
