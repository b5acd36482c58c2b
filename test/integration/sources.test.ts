import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  addBot,
  buildLog,
  deployKey,
  type Operation,
  releaseList,
  requestOperation,
  Secret,
  setBot,
  setGitToken,
} from '../../deploy-engine/index.ts'
import { docker } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type GitHttpServer, gitHttpServer } from '../helpers/git-http-server.ts'
import { type GitRepo, gitRepo } from '../helpers/git-repo.ts'
import { type SshServer, sshServer } from '../helpers/ssh-server.ts'

// One bot whose repository can first be read with a token, then with a key; and many that can't be read at all, while
// the version that runs goes on running.

const TOKEN = 'ghp_a-token-that-must-not-be-seen-anywhere'
const GATE = 'gate: { ready: 1s, stable: 1s }\n'
let bench: Workbench
let web: GitHttpServer
let ssh: SshServer
let repos: string
let repo: GitRepo

beforeAll(async () => {
  vi.stubEnv('SSH_AUTH_SOCK', '')
  repos = await mkdtemp(join(tmpdir(), 'tbs-repos-'))
  web = await gitHttpServer(repos, repos)
  web.wants = `x-access-token:${TOKEN}`
  vi.stubEnv('GIT_SSL_CAINFO', web.certificate)
  ssh = await sshServer(join(repos, 'ssh'))
  bench = await workbench()
  repo = await gitRepo(join(repos, 'private'))
  await repo.commit('main', { ...fixtureBot({ says: 'one' }), 'tbs.yaml': GATE })
  const { token } = bench.sandbox.addBot({ username: 'sources_fixture_bot' })
  await addBot(bench.engine, { name: 'my-bot', repo: `${web.origin}/private`, token: new Secret(token) })
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await bench.close()
  await web.close()
  await ssh.close()
  await rm(repos, { recursive: true, force: true })
})

const { signal } = new AbortController()

const deploy = async (ref?: string): Promise<Operation> => {
  const request = { bot: 'my-bot', kind: 'deploy' as const, args: ref ? { ref } : {}, requestedBy: 'test' }
  return bench.carryOut((await requestOperation(bench.engine, request)).operation)
}

const set = (setting: string, value: string) => setBot(bench.engine, { bot: 'my-bot', setting, value })

const active = async () => {
  const { releases } = await releaseList(bench.engine, 'my-bot')
  const found = releases.find(({ state }) => state === 'active')
  const container = found?.containerId ? await docker.getContainer(found.containerId).inspect() : undefined
  return { number: found?.number, startedAt: container?.State.StartedAt, running: container?.State.Running }
}

test('a private repository: refused with what to do, then deployed with a token that nobody gets to see', async () => {
  const refused = await deploy()
  expect(refused.outcome?.error).toMatchObject({
    code: 'needs_access',
    hint: 'Store a token that may read it with /gittoken my-bot. Is the URL right?',
  })
  const wrong = setGitToken(bench.engine, { bot: 'my-bot', token: new Secret('ghp_wrong') }, signal)
  await expect(wrong).rejects.toMatchObject({ code: 'needs_access' })
  await setGitToken(bench.engine, { bot: 'my-bot', token: new Secret(TOKEN) }, signal)
  const done = await deploy('main')
  expect(done.outcome).toMatchObject({ release: 1, running: 1 })
  const image = await docker.getImage(`${bench.settings.instance}/my-bot:1-${done.outcome?.sha?.slice(0, 7)}`)
  const container = await docker.getContainer(`${bench.settings.instance}-my-bot-v1`).inspect()
  const told = [done, await buildLog(bench.engine, done.id), await image.inspect(), await image.history(), container]
  expect(JSON.stringify(told)).not.toContain(TOKEN)
  expect(await bench.engine.files.names(join(bench.settings.dataDir, 'tmp'))).toEqual([])
})

test('the same over ssh, with a deploy key, and in a directory of a larger repository', async () => {
  await set('repo', `${ssh.origin}${repo.directory}`)
  const refused = await deploy()
  expect(refused.outcome?.error).toMatchObject({
    code: 'needs_access',
    hint: expect.stringContaining('/deploykey my-bot'),
  })
  const { publicKey } = await deployKey(bench.engine, 'my-bot', { renew: false })
  await ssh.allow(publicKey)
  const files = Object.entries({ ...fixtureBot({ says: 'two' }), 'tbs.yaml': GATE })
  const inside = Object.fromEntries(files.map(([path, text]) => [`bots/echo/${path}`, text]))
  await repo.commit('main', { ...inside, 'package.json': '{"private":true}', 'bots/other/package.json': '{}' })
  await set('path', 'bots/echo')
  expect((await deploy()).outcome).toMatchObject({ release: 2, running: 2 })
  expect(await active()).toMatchObject({ number: 2, running: true })
})

describe('what can not be fetched says why, and nothing is changed', () => {
  const commitLink = (into: GitRepo, entry: string, path: string) => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.c', ...args], { cwd: into.directory })
    git('update-index', '--add', '--cacheinfo', `${entry},${path}`)
    git('commit', '--quiet', '-m', path)
  }

  /** 2 GB of files that are one small object. */
  const commitHuge = (into: GitRepo) => {
    const run = (args: string[], input: string | Buffer) =>
      execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@b.c', ...args], { cwd: into.directory, input })
        .toString()
        .trim()
    const blob = run(['hash-object', '-w', '--stdin'], Buffer.alloc(16 << 20))
    const files = Array.from({ length: 128 }, (_, n) => `100644 blob ${blob}\tf${n}\n`)
    run(['update-ref', 'refs/heads/main', run(['commit-tree', '-m', 'x', run(['mktree'], files.join(''))], '')], '')
  }

  const SHA = '0123456789012345678901234567890123456789'

  const cases: [string, string, RegExp, (into: GitRepo) => Promise<unknown> | unknown][] = [
    ['is empty', 'unknown_ref', /is empty/, () => {}],
    ['needs a login', 'needs_access', /can’t be read without a token/, () => set('repo', `${web.origin}/private`)],
    ['is not there', 'fetch_failed', /nowhere/, () => set('repo', `file://${repos}/nowhere`)],
    ['is on a server that is down', 'fetch_failed', /127.0.0.1/, () => set('repo', 'https://127.0.0.1:1/x')],
    [
      'has a broken submodule',
      'broken_submodule',
      /^The submodule lib: /,
      async (into) => {
        await into.commit('main', { '.gitmodules': '[submodule "l"]\n\tpath = lib\n\turl = ../gone\n' })
        commitLink(into, `160000,${SHA}`, 'lib')
      },
    ],
    [
      'has files in Git LFS',
      'lfs_pointer',
      /^m.bin is kept in Git LFS/,
      (into) =>
        into.commit('main', {
          '.gitattributes': '*.bin filter=lfs\n',
          'm.bin': `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 5\n`,
        }),
    ],
    ['is 2 GB large', 'too_large', /has more than 1,024 MB of files/, commitHuge],
    [
      'has no such directory',
      'unknown_path',
      /has no directory bots\/ecko in this commit/,
      async (into) => {
        await into.commit('main', { 'bots/echo/package.json': '{}', 'docs/a.md': 'x' })
        await set('path', 'bots/ecko')
      },
    ],
    [
      'has no such branch',
      'unknown_ref',
      /no branch, tag or commit gone/,
      async (into) => {
        await into.commit('main', { 'a.txt': 'a' })
        await set('branch', 'gone')
      },
    ],
  ]

  test.each(cases)('a repository that %s', async (name, code, why, prepare) => {
    const before = await active()
    const into = await gitRepo(join(repos, name.replace(/\W+/g, '-')))
    await set('repo', into.url)
    await prepare(into)
    const { state, outcome } = await deploy()
    await set('path', '')
    await set('branch', '')
    expect({ state, code: outcome?.error?.code, running: outcome?.running }).toEqual({
      state: 'failed',
      code,
      running: 2,
    })
    expect(outcome?.error?.message).toMatch(why)
    expect(outcome?.error?.hint).toBeTruthy()
    if (code === 'unknown_path') expect(outcome?.error?.hint).toContain('bots/echo')
    expect(await active()).toEqual(before)
    expect(await bench.engine.files.names(join(bench.settings.dataDir, 'tmp'))).toEqual([])
  })
})

test('mirrors are the only thing that is kept of it all', async () => {
  expect(await readdir(join(bench.settings.dataDir, 'repos'))).toEqual(['1'])
  expect(await bench.engine.files.names(join(bench.settings.dataDir, 'tmp'))).toEqual([])
})
