import type { ManifestFile } from '../../source/manifest.ts'
import { commandOf } from '../command-line.ts'
import { dataVolumes } from '../data-volumes.ts'
import type { ImagePlan } from '../image-plan.ts'
import { isDockerfile, type SourceTree } from '../source-tree.ts'
import { nodeDockerfile } from './dockerfile.ts'
import { nodeInstall } from './install.ts'
import { type PackageJson, packageJsonPlace, readPackageJson } from './package-json.ts'
import { nodeStart, type Start } from './start.ts'
import { type NodeVersion, nodeVersion } from './version.ts'

/** The image of a repository with a package.json; undefined without one. Fails with `cannot_detect`. */
export const nodeApp = (tree: SourceTree, settings: ManifestFile): ImagePlan | undefined => {
  const manifest = readPackageJson(tree)
  if (!manifest) return undefined
  const node = nodeVersion(tree, manifest)
  const install = nodeInstall(tree, manifest)
  const app = { tree, manifest, node }
  const start = startOf(app, settings)
  const build = buildOf(app, start)
  const data = dataVolumes(tree, settings)
  return {
    kind: 'node',
    dockerfile: nodeDockerfile({
      major: node.major,
      volumes: data.volumes,
      manager: install.manager,
      install: install.command,
      manifests: install.manifests,
      build: build.command,
      command: start.command,
    }),
    dockerfilePath: 'Dockerfile',
    ignore: ignoreOf(tree),
    volumes: data.volumes,
    evidence: [
      node.evidence,
      ...install.evidence,
      ...build.evidence,
      start.evidence,
      data.evidence,
      ...unusedDockerfile(tree),
    ],
  }
}

type App = { tree: SourceTree; manifest: PackageJson; node: NodeVersion }

const startOf = ({ tree, manifest, node }: App, { manifest: tbs, at }: ManifestFile): Start => {
  const { command } = tbs.run
  if (command !== undefined) {
    return { command: commandOf(command), script: command, evidence: `start: ${command} (${at('run.command')})` }
  }
  const isBuilt = isRealBuild(manifest.scripts.build)
  return nodeStart({ tree, manifest, nodeMajor: node.major, isBuilt })
}

type Build = { command: string | undefined; evidence: string[] }

const buildOf = ({ tree, manifest }: App, start: Start): Build => {
  const script = manifest.scripts.build
  const place = packageJsonPlace(tree, 'build', 'scripts')
  const left = (why: string) => ({ command: undefined, evidence: [`build script: left out, ${why} (${place})`] })
  if (script === undefined) return { command: undefined, evidence: [] }
  if (!isRealBuild(script)) return left('it builds nothing inside an image')
  if (runsBuild(start.script, script)) return left('the start script runs it')
  return { command: 'npm run build', evidence: [`build script: ${script.slice(0, 120)} (${place})`] }
}

/** An echo or nothing at all; or one that needs Docker itself. */
const isRealBuild = (script: string | undefined): boolean =>
  script !== undefined && !/^\s*(echo|exit|true|:|docker|$)(\s|$)/.test(script)

const runsBuild = (start: string, build: string): boolean =>
  start.split(/&&|;/).some((part) => part.trim() === build.trim() || /^(npm|yarn|pnpm)( run)? build$/.test(part.trim()))

const unusedDockerfile = (tree: SourceTree): string[] =>
  tree.files
    .filter(isDockerfile)
    .slice(0, 1)
    .map((path) => `${path} is not used; to build it, set build.dockerfile in tbs.yaml`)

/** A list that lets nothing through but a few names was written for another Dockerfile and would starve ours. */
const ignoreOf = (tree: SourceTree): string => {
  const theirs = tree.text.get('.dockerignore') ?? ''
  const isDenyAll = /^\s*(\*|\*\*|\.|\/)\s*$/m.test(theirs)
  return `${[...(isDenyAll ? [] : [theirs.trimEnd()]), ...IGNORED].filter(Boolean).join('\n')}\n`
}

const IGNORED = ['.git', '**/node_modules', '**/.env', 'Dockerfile', '.dockerignore', 'tbs.yaml']
