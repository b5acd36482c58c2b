import { describe, expect, test } from 'vitest'
import { nodeInstall } from '../../../../deploy-engine/image/node/install.ts'
import { readPackageJson } from '../../../../deploy-engine/image/node/package-json.ts'
import { treeOf } from '../trees.ts'

const installOf = (files: Record<string, string>, manifest: object = {}) => {
  const tree = treeOf({ ...files, 'package.json': manifest })
  const read = readPackageJson(tree)
  if (!read) throw new Error('no package.json')
  return nodeInstall(tree, read)
}

const BERRY = '__metadata:\n  version: 8\n'
const PNPM_5 = 'lockfileVersion: 5.3\n'
const PNPM_6 = "lockfileVersion: '6.0'\n"
const PNPM_9 = "lockfileVersion: '9.0'\n"

describe('the lockfile decides', () => {
  test.each<[string, Record<string, string>, object, RegExp, string]>([
    ['none', {}, {}, /^\(npm install .*ERESOLVE.*--legacy-peer-deps/s, 'no lockfile: npm install'],
    [
      'package-lock.json',
      { 'package-lock.json': '{}' },
      {},
      /npm ci .*EUSAGE.*npm install/s,
      'package-lock.json: npm ci',
    ],
    ['npm-shrinkwrap.json', { 'npm-shrinkwrap.json': '{}' }, {}, /npm ci/, 'npm-shrinkwrap.json: npm ci'],
    ['yarn 1', { 'yarn.lock': '# yarn lockfile v1\n' }, {}, /^yarn@1\.22\.22 yarn install/, 'yarn.lock: yarn 1.22.22'],
    ['yarn 1, named', { 'yarn.lock': '' }, { packageManager: 'yarn@1.22.19' }, /yarn@1\.22\.19 /, 'yarn 1.22.19'],
    [
      'yarn 4',
      { 'yarn.lock': BERRY },
      { packageManager: 'yarn@4.1.0' },
      /^@yarnpkg\/cli-dist@4\.1\.0 YARN_IGNORE_PATH=1 YARN_NODE_LINKER=node-modules .*REGISTRY.* yarn install/,
      "yarn.lock: yarn 4.1.0, into node_modules rather than Plug'n'Play",
    ],
    ['yarn 3', { 'yarn.lock': '__metadata:\n  version: 6\n' }, {}, /^@yarnpkg\/cli-dist@3\.8\.7 /, 'yarn 3.8.7'],
    [
      'yarn of the repository, with its own registry',
      { 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: node-modules\nnpmRegistryServer: "https://r.example.org"\n' },
      {},
      /^@yarnpkg\/cli-dist@4\.\S+ (?!.*REGISTRY)/,
      'yarn.lock: yarn 4.18.1',
    ],
    ['pnpm 7', { 'pnpm-lock.yaml': PNPM_5 }, {}, /^pnpm@7\.33\.7 pnpm install/, 'pnpm 7.33.7 by lockfileVersion 5.3'],
    ['pnpm 8', { 'pnpm-lock.yaml': PNPM_6 }, {}, /^pnpm@8\.15\.9 pnpm install/, 'pnpm 8.15.9 by lockfileVersion 6.0'],
    ['pnpm 9', { 'pnpm-lock.yaml': PNPM_9 }, {}, /^pnpm@9\.15\.9 pnpm install/, 'pnpm 9.15.9 by lockfileVersion 9.0'],
    ['pnpm of the future', { 'pnpm-lock.yaml': 'lockfileVersion: 77' }, {}, /pnpm@9\.15\.9 /, 'lockfileVersion 77'],
    [
      'pnpm, named',
      { 'pnpm-lock.yaml': PNPM_9 },
      { packageManager: 'pnpm@10.4.1+sha512.abc' },
      /^pnpm@10\.4\.1 pnpm install .*dangerouslyAllowAllBuilds=true/,
      'pnpm 10.4.1 by packageManager (package.json:2)',
    ],
    ['bun', { 'bun.lockb': 'x' }, {}, /^bun@1\.\S+ .*bun install/, 'bun.lockb: bun 1.4.5'],
    ['bun as text', { 'bun.lock': '{}' }, { packageManager: 'bun@1.2.0' }, /^bun@1\.2\.0 /, 'bun.lock: bun 1.2.0'],
    ['pnpm without a lockfile', {}, { packageManager: 'pnpm@8.1.0' }, /^pnpm@8\.1\.0 /, 'pnpm 8.1.0'],
    ['npm and yarn', { 'package-lock.json': '', 'yarn.lock': '' }, {}, /npm ci/, 'package-lock.json: npm ci'],
    [
      'npm and pnpm, pnpm named',
      { 'package-lock.json': '', 'pnpm-lock.yaml': PNPM_6 },
      { packageManager: 'pnpm@8.1.0' },
      /pnpm@8\.1\.0/,
      'pnpm 8.1.0',
    ],
    [
      'a hostile name',
      { 'pnpm-lock.yaml': PNPM_6 },
      { packageManager: 'pnpm@1;rm -rf /' },
      /pnpm@8\.15\.9 /,
      'pnpm 8.15.9',
    ],
    ['a name of no use', { 'yarn.lock': '' }, { packageManager: 'pnpm@8.1.0' }, /yarn@1\.22\.22/, 'yarn.lock'],
  ])('%s', (_what, files, manifest, command, evidence) => {
    const install = installOf(files, manifest)
    expect([install.tools.join(' '), install.command].join(' ').trim()).toMatch(command)
    expect(install.evidence[0]).toContain(evidence)
  })
})

test('a second lockfile is named, and what would decide', () => {
  const { evidence } = installOf({ 'package-lock.json': '', 'yarn.lock': '', 'pnpm-lock.yaml': '' })
  expect(evidence[1]).toBe(
    'pnpm-lock.yaml and yarn.lock: not used; the packageManager field in package.json would decide',
  )
})

test('tools that scripts call are there, the package manager not twice', () => {
  const scripts = { start: 'yarn run go', build: 'bunx tsc && pnpm x' }
  expect(installOf({ 'yarn.lock': '' }, { scripts }).tools).toEqual(['yarn@1.22.22', 'pnpm@9.15.9', 'bun@1.4.5'])
})

test('addresses of mirrors that are gone are replaced in the lockfile', () => {
  const { command } = installOf({ 'yarn.lock': 'resolved "https://registry.npm.taobao.org/a/-/a-1.tgz"' })
  expect(command).toMatch(/^sed -i -E 's#.*taobao.*#https:\/\/registry\.npmjs\.org\/#g' yarn\.lock && yarn install/)
})

describe('packages are a layer of their own', () => {
  test.each<[string, Record<string, string>, object]>([
    ['usually', {}, { scripts: { build: 'tsc', prebuild: 'x' } }],
    ['with husky', {}, { scripts: { prepare: 'husky install' } }],
    ['with husky that may fail', {}, { scripts: { prepare: 'husky || true' } }],
  ])('%s', (_what, files, manifest) => {
    expect(installOf(files, manifest).manifests).toEqual(['package.json'])
  })

  test('with all files that decide about them', () => {
    const files = { 'package-lock.json': '', '.npmrc': '', 'pnpm-lock.yaml': '', 'src/package-lock.json': '' }
    expect(installOf(files).manifests).toEqual(['package.json', 'package-lock.json', 'pnpm-lock.yaml', '.npmrc'])
  })

  test.each<[string, Record<string, string>, object, string]>([
    ['postinstall', {}, { scripts: { postinstall: 'node setup.js' } }, 'postinstall script (package.json:3)'],
    ['prepare', {}, { scripts: { prepare: 'npm run build' } }, 'prepare script'],
    ['preinstall', {}, { scripts: { preinstall: 'x' } }, 'preinstall script'],
    ['workspaces', {}, { workspaces: ['a'] }, 'workspaces (package.json:2)'],
    [
      'a local package',
      {},
      { dependencies: { 'a.*(b': 'file:./a' } },
      'a.*(b is a package of this repository (package.json:3)',
    ],
    ['prisma', { 'prisma/schema.prisma': '' }, { devDependencies: { '@prisma/client': '5' } }, '@prisma/client'],
    ['a native module', { 'binding.gyp': '' }, {}, 'binding.gyp'],
    ['patches', {}, { pnpm: { patchedDependencies: {} } }, 'pnpm.patchedDependencies'],
    ['a pnpm workspace', { 'pnpm-workspace.yaml': '' }, {}, 'pnpm-workspace.yaml'],
  ])('not with %s', (_what, files, manifest, reason) => {
    const install = installOf(files, manifest)
    expect(install.manifests).toBeUndefined()
    expect(install.evidence[1]).toContain(`installed after all files: ${reason}`)
  })
})
