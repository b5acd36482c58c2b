import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GIT_LIMITS } from '../../../deploy-engine/io/git/limits.ts'
import { systemGit } from '../../../deploy-engine/io/git.ts'
import { type GitRepo, gitRepo } from '../../helpers/git-repo.ts'

// What is in a commit beside plain files: submodules, Git LFS, links; and too much of it.

const { signal } = new AbortController()
let directory: string
let count = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-git-'))
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const gitWith = (limits = {}, gitProtocols = ['file']) =>
  systemGit({ dataDir: join(directory, 'data'), gitProtocols }, { ...GIT_LIMITS, ...limits })

const repo = (name = `repo-${count++}`): Promise<GitRepo> => gitRepo(join(directory, name))

const inRepo = ({ directory: cwd }: GitRepo, ...args: string[]): string => {
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'protocol.file.allow=always']
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8' }).trim()
}

type Submodule = { path: string; url: string; sha: string }

/** Commits a .gitmodules and its gitlinks as a hostile person could write them. */
const commitSubmodules = (into: GitRepo, submodules: Submodule[], more = ''): string => {
  const text = submodules.map(({ path, url }, index) => `[submodule "m${index}"]\n\tpath = ${path}\n\turl = ${url}\n`)
  execFileSync('sh', ['-c', 'cat > .gitmodules'], { cwd: into.directory, input: text.join('') + more })
  inRepo(into, 'add', '.gitmodules')
  for (const { path, sha } of submodules) inRepo(into, 'update-index', '--add', '--cacheinfo', `160000,${sha},${path}`)
  inRepo(into, 'commit', '--quiet', '-m', 'Submodules')
  return inRepo(into, 'rev-parse', 'HEAD')
}

const checkedOut = async (from: GitRepo, git = gitWith(), mirror = join(directory, `mirror-${count++}`)) => {
  const { sha } = await git.fetch({ mirror, url: from.url, ref: 'main' }, signal)
  const into = await mkdtemp(join(directory, 'tree-'))
  await git.checkout({ mirror, sha, directory: into }, signal)
  return into
}

const filesIn = async (into: string): Promise<string[]> =>
  (await readdir(into, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(into.length + 1))
    .sort()

describe('submodules', () => {
  test('come at their recorded commits, also those of submodules, and relative ones', async () => {
    const leaf = await repo('leaf')
    const old = await leaf.commit('main', { 'leaf.txt': 'old' })
    await leaf.commit('main', { 'leaf.txt': 'new' })
    const middle = await repo('middle')
    await middle.commit('main', { 'middle.txt': 'm' })
    const middleSha = commitSubmodules(middle, [{ path: 'deep/leaf', url: '../leaf', sha: old }])
    const top = await repo('top')
    await top.commit('main', { 'top.txt': 't' })
    commitSubmodules(top, [
      { path: 'lib', url: '../middle', sha: middleSha },
      { path: 'same', url: leaf.url, sha: old },
    ])
    const mirror = join(directory, 'mirror-top')
    const into = await checkedOut(top, gitWith(), mirror)
    expect(await filesIn(into)).toEqual([
      '.gitmodules',
      'lib/.gitmodules',
      'lib/deep/leaf/leaf.txt',
      'lib/middle.txt',
      'same/leaf.txt',
      'top.txt',
    ])
    expect(await readFile(join(into, 'lib/deep/leaf/leaf.txt'), 'utf8')).toBe('old')
    await rm(leaf.directory, { recursive: true })
    expect(await filesIn(await checkedOut(top, gitWith(), mirror))).toHaveLength(6)
  })

  test.each([
    'ext::sh -c touch% /tmp/tbs-pwned',
    '--upload-pack=touch /tmp/tbs-pwned',
    '-u./payload',
    'https://example.org/a.git',
    'ssh://-oProxyCommand=touch/a',
    'git@-oProxyCommand=touch:a',
    '/etc',
    'fd::0',
    '../../../../../../../../../..',
  ])('from %s are refused, with path and URL', async (url) => {
    const hostile = await repo()
    const sha = await hostile.commit('main', { 'a.txt': 'a' })
    commitSubmodules(hostile, [{ path: 'lib', url: JSON.stringify(url), sha }])
    await expect(checkedOut(hostile)).rejects.toMatchObject({
      code: 'broken_submodule',
      message: expect.stringMatching(/^The submodule lib: .*is not a URL that is allowed here$/),
    })
  })

  test('files of this machine are no submodules where file is not allowed', async () => {
    const hostile = await repo()
    const sha = await hostile.commit('main', { 'a.txt': 'a' })
    commitSubmodules(hostile, [{ path: 'lib', url: hostile.url, sha }])
    const mirror = join(directory, `mirror-${count++}`)
    const { sha: head } = await gitWith().fetch({ mirror, url: hostile.url }, signal)
    const into = await mkdtemp(join(directory, 'tree-'))
    const strict = gitWith({}, ['https', 'ssh'])
    await expect(strict.checkout({ mirror, sha: head, directory: into }, signal)).rejects.toMatchObject({
      code: 'protocol_refused',
    })
  })

  test('that can not be had are named', async () => {
    const lost = await repo()
    const sha = await lost.commit('main', { 'a.txt': 'a' })
    commitSubmodules(lost, [{ path: 'gone', url: '../nowhere', sha }])
    await expect(checkedOut(lost)).rejects.toMatchObject({
      code: 'broken_submodule',
      message: expect.stringMatching(/^The submodule gone: git could not fetch .*nowhere/),
    })
    const never = '0123456789012345678901234567890123456789'
    commitSubmodules(lost, [{ path: 'gone', url: lost.url, sha: never }])
    await expect(checkedOut(lost)).rejects.toMatchObject({
      code: 'broken_submodule',
      message: expect.stringMatching(new RegExp(`^The submodule gone: .*has no .*${never}$`)),
    })
  })

  test('without a place in .gitmodules are named; what else it says is not heeded', async () => {
    const strange = await repo()
    const sha = await strange.commit('main', { 'a.txt': 'a' })
    const more = '[submodule "m0"]\n\tupdate = !touch /tmp/tbs-pwned\n[core]\n\tsshCommand = touch /tmp/tbs-pwned\n'
    commitSubmodules(strange, [{ path: 'lib', url: '../leaf-of-none', sha }], more)
    await expect(checkedOut(strange)).rejects.toMatchObject({ code: 'broken_submodule' })
    inRepo(strange, 'update-index', '--add', '--cacheinfo', `160000,${sha},unsaid`)
    inRepo(strange, 'rm', '--cached', '--quiet', 'lib')
    inRepo(strange, 'commit', '--quiet', '-m', 'x')
    await expect(checkedOut(strange)).rejects.toMatchObject({
      message: 'The submodule unsaid: .gitmodules does not say where it comes from',
    })
  })

  test('that contain themselves end', async () => {
    const loop = await repo('loop')
    let sha = await loop.commit('main', { 'a.txt': 'a' })
    for (let depth = 0; depth < 5; depth++) sha = commitSubmodules(loop, [{ path: 'again', url: '../loop', sha }])
    await expect(checkedOut(loop, gitWith({ submodules: 3 }))).rejects.toMatchObject({ code: 'too_large' })
    expect(await filesIn(await checkedOut(loop))).toContain('again/again/again/again/again/a.txt')
  })
})

describe('a commit that was made by hand', () => {
  const SHA = '0123456789012345678901234567890123456789'

  test.each([
    ['a file', (blob: string) => `100644 blob ${blob}\t../tbs-pwned`],
    ['a file in .git', (blob: string) => `100644 blob ${blob}\t.git/config`],
    ['a submodule', () => `160000 commit ${SHA}\t../tbs-pwned`],
    ['a submodule in .git', () => `160000 commit ${SHA}\t.git/hooks`],
  ])('can not put %s outside', async (_what, entry) => {
    const forged = await repo()
    await forged.commit('main', { 'a.txt': 'a' })
    const blob = inRepo(forged, 'rev-parse', 'HEAD:a.txt')
    const [mode, rest = ''] = entry(blob).split(/ (.*)/s)
    const [what, path = ''] = rest.split('\t')
    const [above = '', name = ''] = path.split('/')
    const make = (line: string) =>
      execFileSync('git', ['mktree', '--missing'], {
        cwd: forged.directory,
        input: `${line}\n`,
        encoding: 'utf8',
      }).trim()
    const tree = make(`040000 tree ${make(`${mode} ${what}\t${name}`)}\t${above}`)
    inRepo(forged, 'update-ref', 'refs/heads/main', inRepo(forged, 'commit-tree', '-m', 'forged', tree))
    await expect(checkedOut(forged)).rejects.toMatchObject({
      code: expect.stringMatching(/^(mirror_broken|fetch_failed)$/),
    })
    expect((await readdir(directory)).filter((found) => found === 'tbs-pwned')).toEqual([])
  })
})

describe('Git LFS', () => {
  const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`

  test('is refused with the name of a file and what to do', async () => {
    const large = await repo()
    const files = {
      'assets/.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
      'assets/model.bin': POINTER,
    }
    await large.commit('main', files)
    await expect(checkedOut(large)).rejects.toMatchObject({
      code: 'lfs_pointer',
      message: 'assets/model.bin is kept in Git LFS, which is not fetched here',
      hint: expect.stringContaining('git lfs migrate export --include="assets/model.bin"'),
    })
  })

  test('attributes without pointers, and texts about pointers, are fine', async () => {
    const fine = await repo()
    await fine.commit('main', {
      '.gitattributes': '*.bin filter=lfs\n',
      'a.bin': 'x'.repeat(60),
      'b.txt': ` ${POINTER}`,
    })
    expect(await filesIn(await checkedOut(fine))).toEqual(['.gitattributes', 'a.bin', 'b.txt'])
    await fine.commit('main', { 'c.txt': POINTER })
    expect(await filesIn(await checkedOut(fine))).toEqual(['c.txt'])
  })
})

describe('links', () => {
  const linked = async (target: string): Promise<GitRepo> => {
    const made = await repo()
    await made.commit('main', { 'dir/a.txt': 'a' })
    await symlink(target, join(made.directory, 'dir', 'link'))
    inRepo(made, 'add', '--all')
    inRepo(made, 'commit', '--quiet', '-m', 'link')
    return made
  }

  test.each(['/etc/passwd', '/', '../../../../../../../../../../etc', '/proc/self/environ'])(
    'to %s are refused by name',
    async (target) => {
      await expect(checkedOut(await linked(target))).rejects.toMatchObject({
        code: 'unsafe_link',
        message: 'dir/link is a link that leads out of the repository',
      })
    },
  )

  test.each(['a.txt', '..', '/app/data/that-is-only-in-the-image', 'gone'])('to %s stay', async (target) => {
    expect(await filesIn(await checkedOut(await linked(target)))).toEqual(['dir/a.txt', 'dir/link'])
  })
})

describe('too much', () => {
  test('bytes are counted before any is written, however small they are in git', async () => {
    const bomb = await repo()
    await bomb.commit('main', { 'zeros.txt': '0'.repeat(3 << 20), 'a.txt': 'a' })
    const git = gitWith({ bytes: 2 << 20 })
    const mirror = join(directory, `mirror-${count++}`)
    const { sha } = await git.fetch({ mirror, url: bomb.url }, signal)
    const into = await mkdtemp(join(directory, 'tree-'))
    await expect(git.checkout({ mirror, sha, directory: into }, signal)).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('it has more than 2 MB of files'),
    })
    expect(await readdir(into)).toEqual([])
  })

  test('what came in before anybody looked does not stay', async () => {
    const large = await repo()
    await large.commit('main', { 'random.txt': randomBytes(1100 << 10).toString('latin1') })
    const mirror = join(directory, `mirror-${count++}`)
    const request = { mirror, url: large.url }
    await expect(gitWith({ bytes: 1 << 20 }).fetch(request, signal)).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('it sends more than 1 MB'),
    })
    expect(await readdir(join(mirror, 'objects', 'pack'))).toEqual([])
  })

  test('files are counted', async () => {
    const many = await repo()
    await many.commit('main', Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}.txt`, 'x'])))
    await expect(checkedOut(many, gitWith({ files: 20 }))).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('it has more than 20 files'),
    })
  })

  test('a commit without files is checked out as nothing', async () => {
    const none = await repo()
    await none.commit('main', {})
    expect(await filesIn(await checkedOut(none))).toEqual([])
  })

  test('odd names come as they are', async () => {
    const odd = await repo()
    const names = ['-rf', 'a b.txt', 'new\nline.txt', 'ümläut.txt', '😀.txt', '$(id).txt']
    for (const name of names) {
      await mkdir(dirname(join(odd.directory, name)), { recursive: true })
      await writeFile(join(odd.directory, name), 'x')
    }
    inRepo(odd, 'checkout', '--quiet', '-b', 'other')
    inRepo(odd, 'add', '--all')
    inRepo(odd, 'commit', '--quiet', '-m', 'odd')
    inRepo(odd, 'branch', '--force', 'main', 'other')
    expect(await filesIn(await checkedOut(odd))).toEqual([...names].sort())
  })
})
