import { describe, expect, test } from 'vitest'
import { planBuild } from '../../../../deploy-engine/image/plan.ts'
import { NO_CHOICES, treeOf } from '../trees.ts'

type Files = Record<string, string | object>

const plan = (dependencies: Record<string, string>, files: Files = {}) =>
  planBuild(treeOf({ 'package.json': { scripts: { start: 'node bot.js' }, dependencies }, ...files }), NO_CHOICES)

const toolsIn = (dockerfile: string) => /--no-install-recommends (.*) && rm/.exec(dockerfile)?.[1]

describe('a stage with a compiler', () => {
  test.each<[string, Record<string, string>, Files, string]>([
    ['a native package', { sqlite3: '^5.1.7' }, {}, 'sqlite3'],
    [
      'one that another needs',
      { a: '1' },
      { 'package-lock.json': '"node_modules/better-sqlite3": {' },
      'better-sqlite3 (',
    ],
    ['in yarn.lock', { a: '1' }, { 'yarn.lock': 'x:\n\nbcrypt2@1:\n\n"sqlite3@^5":\n' }, 'sqlite3 (yarn.lock)'],
    [
      'in pnpm-lock.yaml',
      { a: '1' },
      { 'pnpm-lock.yaml': 'packages:\n\n  argon2@0.31.0:\n' },
      'argon2 (pnpm-lock.yaml)',
    ],
    ['an old bcrypt', { bcrypt: '^5.1.0' }, {}, 'bcrypt'],
    ['its own', {}, { 'binding.gyp': '' }, 'binding.gyp'],
  ])('for %s', (_what, dependencies, files, name) => {
    const { dockerfile, release } = plan(dependencies, files)
    expect(toolsIn(dockerfile)).toBe('python3 make g++')
    expect(release.evidence).toContainEqual(expect.stringContaining(`compiler while packages are installed: ${name}`))
    // It stays behind: the final image starts from the base once more.
    expect(dockerfile.split('\nFROM node:24-bookworm-slim\n')[1]).not.toMatch(/apt-get|g\+\+/)
    expect(dockerfile).toContain('npm_config_nodedir=/usr/local')
  })

  test.each<[string, Record<string, string>, Files]>([
    ['packages without', { telegraf: '4' }, { 'package-lock.json': '"node_modules/telegraf": {' }],
    ['those that bring binaries along', { sharp: '^0.33.1', bcrypt: '^6.0.0' }, {}],
    ['one whose name only begins so', { 'sqlite3-helper': '1' }, { 'yarn.lock': '\nsqlite3-helper@1:' }],
  ])('not for %s', (_what, dependencies, files) => {
    expect(plan(dependencies, files).dockerfile).not.toContain('apt-get')
  })
})

test('git is there for packages that come from a repository', () => {
  const { dockerfile, release } = plan({ a: 'github:b/c#main' })
  expect(toolsIn(dockerfile)).toBe('git ca-certificates')
  expect(release.evidence).toContain('git while packages are installed: a comes from a repository')
})

test('what the program needs at run time is in the final image', () => {
  const { dockerfile } = plan({ '@prisma/client': '5' })
  expect(dockerfile).not.toContain('AS packages')
  expect(toolsIn(dockerfile)).toBe('openssl')
  expect(plan({ canvas: '2' }).dockerfile.split('\nFROM ')[1]).toContain('libcairo2 ')
})
