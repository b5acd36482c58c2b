import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BotName, EnvKey, GitToken, protocolOf, RefName, RepoPath, RepoUrl } from '../../deploy-engine/names.ts'
import { submoduleUrl } from '../../deploy-engine/source/submodule-url.ts'

// What passes is handed to git, ssh, paths and Docker: it must never be an option, a shell word, a path outside, or a
// protocol that is not allowed.

const RUNS = { numRuns: 5000 }

const PARTS = [
  ...['..', '.', '/', '//', '-', '--', '--upload-pack=x', '-oProxyCommand=x', '@', ':', '::', 'ext::', 'fd::', '%'],
  ...['%0a', '%00', '%2e%2e', '\\', '$(id)', '`id`', ';', '|', '&', '>', '<', '*', '?', '~', '^', '{', '[', "'", '"'],
  ...['\0', '\n', '\r', '\t', ' ', '\u0085', '\u2028', '\u202e', '😀', '\ud800', 'é', '.git', '.GIT', '.lock', '@{'],
  ...['https://', 'http://', 'ssh://', 'file://', 'git://', 'ftp://', 'HTTPS://', 'git@', 'user:pw@', 'example.org'],
  ...['[::1]', ':22', ':99999', '-host', 'repo.git', 'a', 'main', 'x'.repeat(300), 'x'.repeat(10_000), 'refs/heads/'],
]

const hostile = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.tuple(fc.constantFrom(...PARTS), fc.string({ maxLength: 30 })).map((parts) => parts.join('')),
)

/** Mostly things that pass, so that the property is not an empty one. */
const near = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 40 })

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

test('a bot’s name is what every kind of Docker object takes', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, near('ab-1A')), (text) => {
      if (BotName.safeParse(text).success) expect(text).toMatch(/^[a-z][a-z0-9-]{0,29}[a-z0-9]$/)
    }),
    RUNS,
  )
})

test('a ref is no option, no shell word, no path outside, and no expression of git', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, near('ab-/.+_1@^~:')), (text) => {
      const { success } = RefName.safeParse(text)
      if (!success) return
      expect(text).not.toMatch(/^[-/.]|\.\.|[\s~^:?*[\]\\{}$`'"|&;<>()!#@]/)
      expect(text).not.toMatch(CONTROL)
      expect(text.length).toBeLessThanOrEqual(200)
    }),
    RUNS,
  )
})

describe('a URL', () => {
  const trustworthy = (url: string): void => {
    expect(url).not.toMatch(CONTROL)
    expect(url).not.toMatch(/\s|^-/)
    expect(url.length).toBeLessThanOrEqual(500)
    const scheme = /^([a-z]+):\/\//.exec(url)?.[1]
    if (scheme === undefined) {
      // user@host:path, which git hands to ssh as two words.
      const [, user, host, path] = /^([^@/:]+)@(\[[^\]]*\]|[^@/]+?):(.*)$/s.exec(url) ?? []
      for (const word of [user, host, path]) expect(word).toMatch(/^[^-]/)
      expect(path).not.toMatch(/^:/)
      expect(protocolOf(url)).toBe('ssh')
      return
    }
    expect(['https', 'http', 'ssh', 'file']).toContain(scheme)
    expect(protocolOf(url)).toBe(scheme)
    const { username, password, hostname } = new URL(url)
    expect(password).toBe('')
    if (scheme !== 'ssh') expect(username).toBe('')
    expect(username).not.toMatch(/^-/)
    expect(hostname).not.toMatch(/^-/)
    if (scheme === 'file') expect(hostname).toBe('')
    else expect(hostname).not.toBe('')
    expect(decodeURIComponent(hostname)).not.toMatch(CONTROL)
  }

  const web = fc.tuple(fc.constantFrom('https://', 'ssh://', 'git@', 'file:///', 'http://'), near('ab-/.:@%0[]é\\'))

  test('is one of four protocols, with a host that is none of its options, and carries no password', () => {
    const texts = fc.oneof(
      hostile,
      web.map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        if (RepoUrl.safeParse(text).success) trustworthy(text)
      }),
      { numRuns: 20_000 },
    )
  })

  test('of a submodule is the same, and stays on its server when it is relative', () => {
    const parents = [
      'https://example.org/me/bot.git',
      'git@example.org:me/bot.git',
      'git@example.org:bot',
      'ssh://git@example.org:22/me/bot',
      'file:///srv/me/bot',
    ]
    const relative = fc.array(fc.constantFrom('../', './', 'a', '/', ...PARTS), { maxLength: 8 })
    const texts = fc.oneof(
      hostile,
      relative.map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(fc.constantFrom(...parents), texts, (parent, text) => {
        const url = submoduleUrl(parent, text)
        if (url === undefined) return
        trustworthy(url)
        const server = /^[a-z]+:\/\/[^/]*|^[^:]*:/.exec(parent)?.[0] ?? ''
        if (/^\.\.?\//.test(text)) expect(url.startsWith(server)).toBe(true)
      }),
      { numRuns: 20_000 },
    )
  })

  test.each([
    ['https://github.com/me/bot.git', 'https'],
    ['https://git.example.org:8443/group/sub/bot', 'https'],
    ['ssh://git@example.org:2222/~me/bot.git', 'ssh'],
    ['git@github.com:me/bot.git', 'ssh'],
    ['git@[::1]:me/bot.git', 'ssh'],
    ['git@[::1]:22', 'ssh'],
    ['file:///srv/repos/my bot'.replace(' ', '-'), 'file'],
  ])('%s is one', (url, protocol) => {
    expect(RepoUrl.safeParse(url).success).toBe(true)
    expect(protocolOf(url)).toBe(protocol)
  })

  test.each([
    'https://user:secret@example.org/x',
    'https://ghp_token@example.org/x',
    'https://',
    'https:///x',
    'https://[a]/x',
    'https://example.org:99999/x',
    'https://-x/y',
    'ssh://-oProxyCommand=x/y',
    'ssh://git@-oProxyCommand=x/y',
    'git@-oProxyCommand=x:y',
    '-git@example.org:x',
    'git@example.org:-x',
    'git@example.org::x',
    'ext::sh -c x',
    'ext::sh%20-c%20x',
    'https://example.org/a%0ab',
    'file://host/share',
    'git://example.org/x',
    'HTTPS://example.org/x',
    '/srv/repos/x',
    '../x',
  ])('%s is none', (url) => {
    expect(RepoUrl.safeParse(url).success).toBe(false)
  })
})

describe('a path', () => {
  test('is inside, relative, and no option', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, near('ab-/. ')), (text) => {
        const { data: path } = RepoPath.safeParse(text)
        if (path === undefined) return
        expect(path).not.toMatch(/^[-/]|\\|\/$|^$/)
        expect(path).not.toMatch(CONTROL)
        for (const part of path.split('/')) expect(['', '.', '..', '.git']).not.toContain(part.toLowerCase())
        expect(path.length).toBeLessThanOrEqual(300)
      }),
      RUNS,
    )
  })

  test.each([
    ['bots/echo', 'bots/echo'],
    ['./bots/echo/', 'bots/echo'],
    ['a b/ü', 'a b/ü'],
    ['a/..b', 'a/..b'],
  ])('%s is %s', (text, path) => expect(RepoPath.parse(text)).toBe(path))

  test.each([
    '',
    '.',
    './',
    '..',
    'a/..',
    'a/../..',
    '/etc',
    '-rf',
    './-rf',
    './/etc',
    'a//b',
    'a\0b',
    'a\\b',
    '.git/x',
  ])('%j is none', (text) => expect(RepoPath.safeParse(text).success).toBe(false))
})

test('a variable is a word of a shell, and a token one line without spaces', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      if (EnvKey.safeParse(text).success) expect(text).toMatch(/^[A-Za-z_]\w*$/)
      const { data: token } = GitToken.safeParse(text)
      if (token !== undefined) expect(token).toMatch(/^[!-~]{8,500}$/)
    }),
    RUNS,
  )
})
