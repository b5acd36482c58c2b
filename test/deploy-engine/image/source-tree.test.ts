import { describe, expect, test } from 'vitest'
import {
  below,
  interesting,
  isDockerfile,
  isEnvExample,
  isTest,
  placeOf,
  resolvePath,
} from '../../../deploy-engine/image/source-tree.ts'
import { treeOf } from './trees.ts'

describe('interesting files', () => {
  test.each([
    'tbs.yaml',
    'package.json',
    'packages/bot/package.json',
    'pnpm-lock.yaml',
    'yarn.lock',
    '.nvmrc',
    '.node-version',
    '.gitignore',
    '.dockerignore',
    'nodemon.json',
    'Dockerfile',
    'docker/Dockerfile.prod',
    'build/bot.dockerfile',
    'deploy/Containerfile',
    'LocalDockerfile',
    'docker-compose.yml',
    'compose.prod.yaml',
    'README.md',
    'Readme',
    'src/index.ts',
    'bot.mjs',
    'a.cjs',
    'app.jsx',
    'bot/main.py',
    'cmd/bot/main.go',
    '.env',
    'package-lock.json',
    'Dockerfile.dockerignore',
    'requirements.txt',
    'requirements-prod.txt',
    'requirements/base.txt',
    'requirments.txt',
    'pyproject.toml',
    'Pipfile',
    'Procfile',
    'bun.lock',
  ])('%s', (path) => {
    expect(interesting(path)).toBe(true)
  })

  test.each([
    'node_modules/telegraf/package.json',
    'node_modules/a/index.js',
    'dist/index.js',
    'web/build/app.js',
    'src/types.d.ts',
    'public/jquery.min.js',
    'logo.png',
    'data.json',
    'venv/lib/site.py',
    'vendor/github.com/a/b.go',
    '.git/config',
    'environment.txt',
    'docs/Dockerfile.md',
    'Dockerfile.bak',
    'lib/site-packages/a.py',
    'tsconfig.json',
  ])('not %s', (path) => {
    expect(interesting(path)).toBe(false)
  })
})

describe('env example files, as 62 public repositories spell them', () => {
  test.each([
    '.env.example',
    '.env.dist',
    '.env.sample',
    '.env.template',
    'example.env',
    '.example.env',
    '.env_example',
    '.env-example',
    '.env.exemple',
    '.env.default',
    '.env.ren',
    '.env.dev.example',
    'env_example',
    'env_dist',
    'env.text',
    'config.env.example',
    'config.env.sample',
    'sample.env',
    'template.env',
    'config/.ENV.EXAMPLE',
  ])('%s', (path) => {
    expect(isEnvExample(path)).toBe(true)
    expect(interesting(path)).toBe(true)
  })

  test.each(['.env.ts', 'env.d.ts', 'environment.example.md', '.envrc', 'src/env.ts', 'example.envelope'])(
    'not %s',
    (path) => {
      expect(isEnvExample(path)).toBe(false)
    },
  )
})

test.each([
  ['test/bot.js', true],
  ['src/__tests__/a.ts', true],
  ['src/bot.test.ts', true],
  ['src/bot.spec.js', true],
  ['tests/test_bot.py', true],
  ['test_bot.py', true],
  ['src/latest.ts', false],
  ['src/contest/index.ts', false],
])('%s is a test: %s', (path, expected) => {
  expect(isTest(path)).toBe(expected)
})

test.each(['src/dockerfile.ts', 'docs/Dockerfile.md', 'Dockerfile.dockerignore', 'make_dockerfile.py'])(
  '%s is no Dockerfile',
  (path) => {
    expect(isDockerfile(path)).toBe(false)
  },
)

test('resolvePath() stays inside the repository', () => {
  expect(resolvePath('docker', '../app/./x')).toBe('app/x')
  expect(resolvePath('docker', '..')).toBe('')
  expect(resolvePath('docker', '../../x')).toBeUndefined()
  expect(resolvePath('', '/etc')).toBeUndefined()
})

test('below() sees a directory as a repository of its own', () => {
  const tree = below(treeOf({ 'bot/index.js': 'a', 'bots/index.js': 'b', 'index.js': 'c' }), 'bot')
  expect(tree.files).toEqual(['index.js'])
  expect([...tree.text]).toEqual([['index.js', 'a']])
})

test('placeOf() counts lines from 1', () => {
  const tree = treeOf({ 'a.js': 'x\ny\n' })
  expect(placeOf(tree, 'a.js', /y/)).toBe('a.js:2')
  expect(placeOf(tree, 'a.js', /z/)).toBe('a.js')
  expect(placeOf(tree, 'b.js', /z/)).toBe('b.js')
})
