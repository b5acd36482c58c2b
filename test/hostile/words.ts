import fc from 'fast-check'

const NASTY = [
  '',
  '-',
  '--',
  '-rf',
  '--upload-pack=touch pwned',
  '--since',
  '—since=1h',
  '..',
  '../../etc/passwd',
  '/etc/passwd',
  './.git/config',
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned #',
  '| touch pwned',
  '&& touch pwned',
  '> pwned',
  '*',
  '~',
  '%0a',
  '%2e%2e%2f',
  '\u0000',
  'a\u0000b',
  'a\nb',
  'a\r\nb',
  '\u001b[2J',
  '\u202egnp.exe',
  '\u200b',
  'е', // Cyrillic
  '😀',
  '\ud800',
  '"',
  "'",
  '“',
  '\\',
  '<b>',
  '__proto__',
  'constructor',
  'HEAD',
  '@{-1}',
  'refs/heads/main',
  'v7',
  'v0',
  '-1',
  '1e9',
  '999999999999',
  'ext::sh -c touch% pwned',
  'file:///etc/passwd',
  'ssh://-oProxyCommand=touch/x',
  'git@-oProxyCommand=touch:x',
  'https://user:secret@example.org/x.git',
  'http://169.254.169.254/latest',
  'my-bot-',
  'a--b',
  'my-bot',
  'branch=--upload-pack=x',
  'repo=ext::sh',
  'path=../..',
  'path=/etc',
  'token_env=PATH;x',
  'toString=1',
  'x'.repeat(10_240),
]

const plain = fc.constantFrom('my-bot', 'main', 'v1', '1', 'now', 'https://example.org/x.git', 'file:///tmp/x.git')
const nasty = fc.constantFrom(...NASTY)
const noise = fc.string({ unit: 'binary', maxLength: 60 })

/** One word as somebody hostile would type it: whole, or with something usual before or behind it. */
export const word: fc.Arbitrary<string> = fc.oneof(
  plain,
  nasty,
  noise,
  fc.tuple(plain, nasty).map((parts) => parts.join('')),
  fc.tuple(nasty, plain).map((parts) => parts.join('')),
  fc.tuple(plain, nasty, plain).map((parts) => parts.join('')),
)

/** What the schemas may well take: letters, digits and the signs that names, refs and paths are made of. */
export const likely = (signs: string, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...`abz019${signs}`), minLength: 1, maxLength })
