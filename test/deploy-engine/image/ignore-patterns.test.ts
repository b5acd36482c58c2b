import { expect, test } from 'vitest'
import { sentPaths } from '../../../deploy-engine/image/ignore-patterns.ts'

// The examples of https://docs.docker.com/build/concepts/context/#dockerignore-files and what real files contain.
test.each([
  ['# comment', '# comment', true],
  ['node_modules', 'node_modules/a/b.js', false],
  ['node_modules', 'sub/node_modules/a.js', true],
  ['**/node_modules', 'sub/node_modules/a.js', false],
  ['**/node_modules', 'node_modules/a.js', false],
  ['node_modules/', 'node_modules/a.js', false],
  ['/dist', 'dist/x', false],
  ['./dist', 'dist/x', false],
  ['*/temp*', 'somedir/temporary.txt', false],
  ['*/temp*', 'a/b/temporary.txt', true],
  ['*/*/temp*', 'somedir/subdir/temporary.txt', false],
  ['temp?', 'tempa', false],
  ['temp?', 'temp', true],
  ['**/*.go', 'a/b/c.go', false],
  ['**/*.go', 'c.go', false],
  ['*.md\n!README.md', 'README.md', true],
  ['*.md\n!README.md', 'CHANGES.md', false],
  ['*.md\n!README*.md\nREADME-secret.md', 'README-secret.md', false],
  ['*\n!src', 'src/bot.js', true],
  ['*\n!src', 'other.js', false],
  ['.env*', '.env.local', false],
  ['a.b', 'axb', true],
  ['[a-c]x', 'bx', false],
  ['[^a-c]x', 'bx', true],
  ['a\\*', 'a*', false],
  ['a\\*', 'ab', true],
  ['dist/**', 'dist/a/b', false],
  ['  spaced  \r', 'spaced', false],
  ['../x', 'x', false],
])('%j and %s: sent is %s', (patterns, path, sent) => {
  expect(sentPaths(patterns)(path)).toBe(sent)
})

test('a pattern made to take for ever does not', () => {
  const hostile = sentPaths(`${'**/a'.repeat(30)}z\n${'*a'.repeat(60)}b`)
  expect(hostile('a/'.repeat(200) + 'a'.repeat(2000))).toBe(true)
}, 5_000)
