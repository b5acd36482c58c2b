import { describe, expect, test } from 'vitest'
import { readPackageJson } from '../../../../deploy-engine/image/node/package-json.ts'
import { nodeVersion } from '../../../../deploy-engine/image/node/version.ts'
import { treeOf } from '../trees.ts'

const versionOf = (files: Record<string, string>, node?: unknown) => {
  const tree = treeOf({ ...files, 'package.json': node === undefined ? {} : { engines: { node } } })
  const manifest = readPackageJson(tree)
  if (!manifest) throw new Error('no package.json')
  return nodeVersion(tree, manifest)
}

describe('engines.node', () => {
  test.each([
    ['>=18', 24],
    ['>=6.4', 24],
    ['^20.0.0', 20],
    ['~22.3', 22],
    ['20', 20],
    ['20.x', 20],
    ['v22.1.0', 22],
    ['=20.11.1', 20],
    ['18', 20],
    ['16.x', 20],
    ['^21', 22],
    ['26.5.0', 24],
    ['>=26', 24],
    ['>=18 <21', 20],
    ['>=18.0.0 <=22', 22],
    ['>18 <24', 22],
    ['>18 <24.0.0', 22],
    ['>24', 24],
    ['>22.3', 24],
    ['<24.5', 24],
    ['18 - 22', 22],
    ['18.x || 20.x', 20],
    ['^18 || >=20', 24],
    ['*', 24],
    ['', 24],
    ['latest', 24],
    ['>= 20', 24],
    ['lots of 99999999999999999999', 24],
    [20, 24],
    [{ a: 1 }, 24],
  ])('%j is built on %d', (range, major) => {
    expect(versionOf({}, range).major).toBe(major)
  })
})

describe('.nvmrc and .node-version', () => {
  test.each([
    ['20', 20],
    ['v22.4.1\n', 22],
    ['lts/iron', 20],
    ['lts/jod', 22],
    ['lts/*', 24],
    ['node', 24],
    ['# ours\n22', 22],
    ['18.19.0', 20],
    ['99', 24],
    ['lts/constructor', 24],
    ['what?', 24],
    ['', 24],
  ])('%j is built on %d', (text, major) => {
    expect(versionOf({ '.nvmrc': text }).major).toBe(major)
    expect(versionOf({ '.node-version': text }).major).toBe(major)
  })

  test('they narrow a range down, but do not overrule it', () => {
    expect(versionOf({ '.nvmrc': '20' }, '>=18').major).toBe(20)
    expect(versionOf({ '.nvmrc': '20' }, '>=22').major).toBe(24)
  })
})

describe('without a version', () => {
  const majorOf = (files: Record<string, string | object>) => {
    const tree = treeOf({ 'package.json': {}, ...files })
    const manifest = readPackageJson(tree)
    return manifest && nodeVersion(tree, manifest)
  }

  test.each<[string, Record<string, string | object>, number, string]>([
    ['Volta', { 'package.json': { volta: { node: '20.11.0' } } }, 20, 'Volta’s 20.11.0 (package.json:3)'],
    ['a Dockerfile', { Dockerfile: '# x\nFROM --platform=a node:22-alpine AS b' }, 22, 'node:22 (Dockerfile:2)'],
    ['an old Dockerfile', { 'docker/Dockerfile': 'FROM node:14' }, 20, 'node:14 (docker/Dockerfile:1), the nearest'],
    [
      'a Dockerfile too old',
      { Dockerfile: 'FROM node:20', 'a.js': "require('node:sqlite')" },
      24,
      'node:sqlite (a.js:1)',
    ],
    [
      'TypeScript by Node itself',
      { Dockerfile: 'FROM node:20', 'package.json': { scripts: { start: 'node src/bot.ts' } } },
      24,
      'runs TypeScript itself (package.json:3)',
    ],
    [
      'an old native package',
      { 'package.json': { dependencies: { 'better-sqlite3': '^8.0.0' } } },
      20,
      'the last for this',
    ],
    ['a new native package', { 'package.json': { dependencies: { 'better-sqlite3': '^12.0.0' } } }, 24, 'newest LTS'],
  ])('%s decides', (_what, files, major, evidence) => {
    expect(majorOf(files)).toEqual({ major, evidence: expect.stringContaining(evidence) })
  })
})

test('the evidence names the place', () => {
  expect(versionOf({ '.nvmrc': '\n20.1\n' }).evidence).toBe('Node 20: 20.1 (.nvmrc:2)')
  expect(versionOf({}, '18.x').evidence).toBe(
    'Node 20: engines.node 18.x (package.json:3), the nearest that is available',
  )
  expect(versionOf({}).evidence).toBe('Node 24: no version is named, the newest LTS')
})
