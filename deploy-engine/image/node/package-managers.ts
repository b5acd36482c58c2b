import type { SourceTree } from '../source-tree.ts'
import { type PackageJson, packageJsonPlace } from './package-json.ts'

/** A package manager that the base image does not have. */
export type Tool = { name: 'yarn' | 'pnpm' | 'bun'; version: string }
/** How the packages of a lockfile are installed; `command` is shell text. */
export type Lock = { tool?: Tool; command: string; evidence: string }

/** Picks the package manager by lockfile, among several by the packageManager field; its version by what wrote it. */
export const lockOf = (tree: SourceTree, manifest: PackageJson): Lock => {
  const named = /^(npm|yarn|pnpm|bun)@/.exec(manifest.packageManager ?? '')?.[1]
  const locks = LOCKS.filter(({ file }) => tree.files.includes(file))
  const lock = locks.find(({ manager }) => manager === named) ?? locks[0]
  const manager = lock?.manager ?? named
  if (manager === 'pnpm') return pnpm(tree, manifest)
  if (manager === 'yarn') return isBerry(tree, manifest) ? yarnBerry(tree, manifest) : yarn(manifest)
  if (manager === 'bun') return bun(tree, manifest)
  return lock ? npmCi(lock.file) : npmInstall('no lockfile')
}

export const LOCKS = [
  { file: 'npm-shrinkwrap.json', manager: 'npm' },
  { file: 'package-lock.json', manager: 'npm' },
  { file: 'pnpm-lock.yaml', manager: 'pnpm' },
  { file: 'yarn.lock', manager: 'yarn' },
  { file: 'bun.lock', manager: 'bun' },
  { file: 'bun.lockb', manager: 'bun' },
]

const CLEAN_NPM = 'rm -rf ~/.npm'

/** Old repositories often have packages that contradict each other's peers, which npm 6 and its like let pass. */
const npmInstall = (why: string): Lock => ({
  command: [
    '(npm install --no-audit --no-fund 2>/tmp/npm.log \\',
    '    || { cat /tmp/npm.log >&2; grep -q ERESOLVE /tmp/npm.log \\',
    '    && echo "packages contradict each other: npm install --legacy-peer-deps" \\',
    `    && ${LEGACY}; }) \\`,
    `    && ${CLEAN_NPM} /tmp/npm.log`,
  ].join('\n'),
  evidence: `${why}: npm install`,
})

const LEGACY = 'npm install --no-audit --no-fund --legacy-peer-deps'

/** `npm ci` refuses a lockfile that does not match package.json (EUSAGE), as is found in real repositories. */
const npmCi = (file: string): Lock => ({
  command: [
    '(npm ci --no-audit --no-fund 2>/tmp/npm-ci.log \\',
    '    || { cat /tmp/npm-ci.log >&2; grep -qE "EUSAGE|ERESOLVE|EJSONPARSE" /tmp/npm-ci.log \\',
    `    && echo "${file} is out of sync: npm install" \\`,
    '    && { grep -q EJSONPARSE /tmp/npm-ci.log && rm -f package-lock.json npm-shrinkwrap.json; \\',
    `    npm install --no-audit --no-fund || ${LEGACY}; }; }) \\`,
    `    && ${CLEAN_NPM} /tmp/npm-ci.log`,
  ].join('\n'),
  evidence: `${file}: npm ci, or npm install if it is out of sync`,
})

export const YARN = '1.22.22'

/** `--ignore-engines`: it alone of all package managers refuses another Node than a package names. */
const yarn = (manifest: PackageJson): Lock => {
  const version = /^yarn@(1\.\d+\.\d+)/.exec(manifest.packageManager ?? '')?.[1] ?? YARN
  return {
    tool: { name: 'yarn', version },
    command: 'yarn install --non-interactive --ignore-engines && rm -rf ~/.cache/yarn',
    evidence: `yarn.lock: yarn ${version}`,
  }
}

const isBerry = (tree: SourceTree, manifest: PackageJson): boolean => {
  const lock = tree.text.get('yarn.lock')
  if (lock !== undefined && /^# yarn lockfile v1$/m.test(lock)) return false
  return (
    /^__metadata:/m.test(lock ?? '') ||
    tree.files.includes('.yarnrc.yml') ||
    /^yarn@[2-9]/.test(manifest.packageManager ?? '')
  )
}

/** The newest of each line, by the `version` that it writes into its lockfile. */
const BERRY: Record<string, string> = { '4': '2.4.3', '5': '3.8.7', '6': '3.8.7', '7': '4.18.1', '8': '4.18.1' }
const NEWEST_BERRY = '4.18.1'

/**
 * With packages in node_modules whatever .yarnrc.yml says: `node bot.js` finds nothing in Plug'n'Play's archives. Yarn
 * reads no npm settings, so the registry is handed on.
 */
const yarnBerry = (tree: SourceTree, manifest: PackageJson): Lock => {
  const named = /^yarn@([2-9]\.\d+\.\d+)/.exec(manifest.packageManager ?? '')?.[1]
  const written = /^__metadata:\s+version:\s*(\d+)/m.exec(tree.text.get('yarn.lock') ?? '')?.[1]
  const version = named ?? BERRY[written ?? ''] ?? NEWEST_BERRY
  const rc = tree.text.get('.yarnrc.yml') ?? ''
  const registry = /^npmRegistryServer:/m.test(rc) ? '' : ' YARN_NPM_REGISTRY_SERVER="$(npm config get registry)"'
  const settings = `YARN_IGNORE_PATH=1 YARN_NODE_LINKER=node-modules YARN_ENABLE_GLOBAL_CACHE=1${registry}`
  const pnp = /^nodeLinker:\s*["']?node-modules/m.test(rc) ? '' : ", into node_modules rather than Plug'n'Play"
  return {
    tool: { name: 'yarn', version },
    command: `${settings} YARN_ENABLE_IMMUTABLE_INSTALLS=0 yarn install && rm -rf ~/.yarn`,
    evidence: `yarn.lock: yarn ${version}${pnp}`,
  }
}

/** The last pnpm that writes each lockfileVersion. */
const PNPM: Record<string, string> = { '5': '7.33.7', '6': '8.15.9', '9': '9.15.9' }
export const NEWEST_PNPM = '9.15.9'

const pnpm = (tree: SourceTree, manifest: PackageJson): Lock => {
  const named = /^pnpm@(\d+\.\d+\.\d+)/.exec(manifest.packageManager ?? '')?.[1]
  const written = /^lockfileVersion:\s*'?((\d+)[\d.]*)/m.exec(tree.text.get('pnpm-lock.yaml') ?? '')
  const version = named ?? PNPM[written?.[2] ?? ''] ?? NEWEST_PNPM
  const because =
    named === undefined
      ? `lockfileVersion ${written?.[1] ?? 'unknown'}`
      : `packageManager (${packageJsonPlace(tree, 'packageManager')})`
  // Since 10 it leaves out the scripts that compile native packages, unless each is listed.
  const builds = Number(version.split('.')[0]) >= 10 ? ' --config.dangerouslyAllowAllBuilds=true' : ''
  return {
    tool: { name: 'pnpm', version },
    command: `pnpm install --no-frozen-lockfile${builds} && rm -rf ~/.cache/pnpm`,
    evidence: `pnpm-lock.yaml: pnpm ${version} by ${because}`,
  }
}

export const BUN = '1.4.5'

/** Bun, too, reads no npm settings but those of the repository. */
const bun = (tree: SourceTree, manifest: PackageJson): Lock => {
  const version = /^bun@(\d+\.\d+\.\d+)/.exec(manifest.packageManager ?? '')?.[1] ?? BUN
  const file = ['bun.lock', 'bun.lockb'].find((name) => tree.files.includes(name)) ?? 'packageManager'
  return {
    tool: { name: 'bun', version },
    command: 'NPM_CONFIG_REGISTRY="$(npm config get registry)" bun install && rm -rf ~/.bun',
    evidence: `${file}: bun ${version}`,
  }
}
