import type { SourceTree } from '../source-tree.ts'
import { dependency, type PackageJson, packageJsonPlace } from './package-json.ts'
import { BUN, LOCKS, lockOf, NEWEST_PNPM, type Tool, YARN } from './package-managers.ts'

/** How a repository's packages get into the image. */
export type Install = {
  /** npm packages to put into the image, such as `pnpm@9.15.9`: the package manager, and what scripts call. */
  tools: string[]
  /** Shell text of the instruction that installs the packages. */
  command: string
  /** The files that alone decide what is installed; undefined: installing needs all sources. */
  manifests: string[] | undefined
  evidence: string[]
}

/** Picks the package manager by lockfile, and its version by what wrote that file. */
export const nodeInstall = (tree: SourceTree, manifest: PackageJson): Install => {
  const { tool, command, evidence } = lockOf(tree, manifest)
  const reason = needOfSources(tree, manifest)
  const manifests = MANIFESTS.filter((file) => tree.files.includes(file))
  const called = calledTools(manifest).filter((other) => tool?.name !== other.name)
  return {
    tools: [...(tool ? [tool] : []), ...called].map(({ name, version }) => `${packageOf(name, version)}@${version}`),
    command: [...mirrorsReplaced(tree), command].join(' && '),
    manifests: reason === undefined ? manifests : undefined,
    evidence: [
      evidence,
      ...unusedLocks(tree, evidence),
      ...called.map(({ name }) => `${name} is installed too: a script calls it`),
      ...(reason === undefined ? [] : [`packages are installed after all files: ${reason}`]),
    ],
  }
}

const MANIFESTS = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'bun.lockb',
  'bunfig.toml',
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.pnpmfile.cjs',
]

const unusedLocks = (tree: SourceTree, evidence: string): string[] => {
  const others = LOCKS.filter(({ file, manager }) => tree.files.includes(file) && !evidence.includes(manager))
  if (others.length === 0) return []
  const names = others.map(({ file }) => file).join(' and ')
  return [`${names}: not used; the packageManager field in package.json would decide`]
}

/** yarn 2 and newer are published under another name. */
const packageOf = (name: string, version: string): string =>
  name === 'yarn' && !version.startsWith('1.') ? '@yarnpkg/cli-dist' : name

/** What scripts call and the base image does not have. */
const calledTools = (manifest: PackageJson): Tool[] => {
  const scripts = ['prestart', 'start', 'dev', 'serve', 'prebuild', 'build', 'postinstall', 'prepare']
  const text = scripts.map((name) => manifest.scripts[name]?.slice(0, 2000) ?? '').join('\n')
  const tools: Tool[] = [
    { name: 'yarn', version: YARN },
    { name: 'pnpm', version: NEWEST_PNPM },
    { name: 'bun', version: BUN },
  ]
  return tools.filter(({ name }) => new RegExp(`(^|[\\s"'&|;])${name}x?(\\s|$)`, 'm').test(text))
}

const DEAD_MIRRORS = 'registry.npm.taobao.org|registry.nlark.com|r.cnpmjs.org|r.npm.taobao.org|npm.taobao.org'

/** Lockfiles keep the addresses that packages came from; some of these are no more. */
const mirrorsReplaced = (tree: SourceTree): string[] => {
  const pattern = new RegExp(`https?://(${DEAD_MIRRORS.replaceAll('.', '\\.')})/`)
  const files = LOCKS.filter(({ file }) => pattern.test(tree.text.get(file) ?? '')).map(({ file }) => file)
  const script = `s#https?://(${DEAD_MIRRORS})/#https://registry.npmjs.org/#g`
  return files.map((file) => `sed -i -E '${script}' ${file}`)
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
