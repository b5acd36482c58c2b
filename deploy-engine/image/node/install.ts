import type { SourceTree } from '../source-tree.ts'
import { dependency, type PackageJson, packageJsonPlace } from './package-json.ts'

/** How a repository's packages get into the image. */
export type Install = {
  /** The package manager to put into the image, such as `pnpm@9.15.9`; undefined: npm, which is there. */
  manager?: string
  /** Shell text of the instruction that installs the packages. */
  command: string
  /** The files that alone decide what is installed; undefined: installing needs all sources. */
  manifests: string[] | undefined
  evidence: string[]
}

/** Picks the package manager by lockfile, and its version by what wrote that file. */
export const nodeInstall = (tree: SourceTree, manifest: PackageJson): Install => {
  const lock = usableLock(tree, manifest)
  const reason = needOfSources(tree, manifest)
  const manifests = MANIFESTS.filter((file) => tree.files.includes(file))
  return {
    ...lock,
    manifests: reason === undefined ? manifests : undefined,
    evidence:
      reason === undefined ? [lock.evidence] : [lock.evidence, `packages are installed after all files: ${reason}`],
  }
}

type Lock = { manager?: string; command: string; evidence: string }

const MANIFESTS = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  '.npmrc',
  '.yarnrc',
  '.pnpmfile.cjs',
]

const usableLock = (tree: SourceTree, manifest: PackageJson): Lock => {
  const named = /^(npm|yarn|pnpm)@/.exec(manifest.packageManager ?? '')?.[1]
  const locks = LOCKS.filter(({ file }) => tree.files.includes(file))
  const lock = locks.find(({ manager }) => manager === named) ?? locks[0]
  if (lock?.manager === 'pnpm') return pnpm(tree, manifest)
  if (lock?.manager === 'yarn') return yarn(tree, manifest)
  if (lock?.manager === 'npm') return npmCi(lock.file)
  const unused = tree.files.find((file) => /^bun\.lockb?$/.test(file))
  return npmInstall(unused === undefined ? 'no lockfile' : `${unused} is not read by npm`)
}

const LOCKS = [
  { file: 'npm-shrinkwrap.json', manager: 'npm' },
  { file: 'package-lock.json', manager: 'npm' },
  { file: 'pnpm-lock.yaml', manager: 'pnpm' },
  { file: 'yarn.lock', manager: 'yarn' },
]

const NPM_INSTALL = 'npm install --no-audit --no-fund'
const CLEAN_NPM = 'rm -rf ~/.npm'

const npmInstall = (why: string): Lock => ({
  command: `${NPM_INSTALL} && ${CLEAN_NPM}`,
  evidence: `${why}: npm install`,
})

/** `npm ci` refuses a lockfile that does not match package.json (EUSAGE), as is found in real repositories. */
const npmCi = (file: string): Lock => ({
  command: [
    '(npm ci --no-audit --no-fund 2>/tmp/npm-ci.log \\',
    '    || { cat /tmp/npm-ci.log >&2; grep -q EUSAGE /tmp/npm-ci.log \\',
    `    && echo "${file} is out of sync: npm install" && ${NPM_INSTALL}; }) \\`,
    `    && ${CLEAN_NPM} /tmp/npm-ci.log`,
  ].join('\n'),
  evidence: `${file}: npm ci, or npm install if it is out of sync`,
})

const YARN = '1.22.22'

const yarn = (tree: SourceTree, manifest: PackageJson): Lock => {
  if (/^__metadata:/m.test(tree.text.get('yarn.lock') ?? '')) return npmInstall('yarn.lock is of Yarn 2 or newer')
  const version = /^yarn@(1\.\d+\.\d+)/.exec(manifest.packageManager ?? '')?.[1] ?? YARN
  return {
    manager: `yarn@${version}`,
    command: 'yarn install --non-interactive && rm -rf ~/.cache/yarn',
    evidence: `yarn.lock: yarn ${version}`,
  }
}

/** The last pnpm that writes each lockfileVersion. */
const PNPM: Record<string, string> = { '5': '7.33.7', '6': '8.15.9', '9': '9.15.9' }
const NEWEST_PNPM = '9.15.9'

const pnpm = (tree: SourceTree, manifest: PackageJson): Lock => {
  const named = /^pnpm@(\d+\.\d+\.\d+)/.exec(manifest.packageManager ?? '')?.[1]
  const written = /^lockfileVersion:\s*'?((\d+)[\d.]*)/m.exec(tree.text.get('pnpm-lock.yaml') ?? '')
  const version = named ?? PNPM[written?.[2] ?? ''] ?? NEWEST_PNPM
  const because =
    named === undefined
      ? `lockfileVersion ${written?.[1] ?? 'unknown'}`
      : `packageManager (${packageJsonPlace(tree, 'packageManager')})`
  return {
    manager: `pnpm@${version}`,
    command: 'pnpm install --no-frozen-lockfile && rm -rf ~/.cache/pnpm',
    evidence: `pnpm-lock.yaml: pnpm ${version} by ${because}`,
  }
}

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare']
/** Sets up git hooks, which an image has no use for. */
const HUSKY = /^(is-ci \|\| )?husky( install)?( \|\| (true|exit 0))?$/

const needOfSources = (tree: SourceTree, manifest: PackageJson): string | undefined => {
  const script = INSTALL_SCRIPTS.find((name) => manifest.scripts[name] && !HUSKY.test(manifest.scripts[name].trim()))
  if (script !== undefined) return `${script} script (${packageJsonPlace(tree, script, 'scripts')})`
  if (manifest.workspaces !== undefined) return `workspaces (${packageJsonPlace(tree, 'workspaces')})`
  if (manifest.pnpm?.patchedDependencies !== undefined) return 'pnpm.patchedDependencies (package.json)'
  const local = Object.entries({ ...manifest.devDependencies, ...manifest.dependencies }).find(([, range]) =>
    /^(file|link|portal|workspace):|^\.{0,2}\//.test(range),
  )
  if (local) return `${local[0]} is a package of this repository (${packageJsonPlace(tree, local[0])})`
  if (dependency(manifest, '@prisma/client') !== undefined && tree.files.includes('prisma/schema.prisma')) {
    return '@prisma/client is made from prisma/schema.prisma'
  }
  return ['pnpm-workspace.yaml', 'binding.gyp'].find((file) => tree.files.includes(file))
}
