import { TbsError } from '../../error.ts'
import type { ManifestFile } from '../../source/manifest.ts'
import { commandOf } from '../command-line.ts'
import { dataVolumes } from '../data-volumes.ts'
import type { ImagePlan } from '../image-plan.ts'
import { ignoreFile, type Program } from '../program.ts'
import { below, type SourceTree } from '../source-tree.ts'
import { nodeDockerfile } from './dockerfile.ts'
import { nodeInstall } from './install.ts'
import { debianPackages } from './native-packages.ts'
import { type PackageJson, packageJsonPlace, readPackageJson } from './package-json.ts'
import { nodeStart, type Start } from './start.ts'
import { nodeVersion } from './version.ts'
import { type Workspace, workspaceOf } from './workspace.ts'

/** The image of a repository with a package.json; undefined without one. Fails with `cannot_detect`. */
export const nodeApp = (repository: SourceTree, program: Program): ImagePlan | undefined => {
  const tree = below(repository, program.directory)
  const manifest = readPackageJson(tree)
  if (!manifest) return undefined
  const home = homeOf(repository, program)
  const node = nodeVersion(tree, manifest)
  const install = nodeInstall(home.tree, readPackageJson(home.tree) ?? manifest)
  const start = startOf({ tree, manifest, nodeMajor: node.major }, program.settings)
  const build = buildOf({ tree, manifest, home }, start)
  const debian = debianPackages(home.tree, manifest)
  const data = dataVolumes(tree, program, home.workdir)
  const { tools, manifests } = install
  return {
    kind: 'node',
    dockerfile: nodeDockerfile({
      ...{ major: node.major, workdir: home.workdir, volumes: data.volumes },
      ...{ tools, install: install.command, manifests, debian },
      ...{ build: build.commands, command: start.command },
    }),
    dockerfilePath: 'Dockerfile',
    context: home.directory,
    args: {},
    ignore: ignoreFile(home.tree.text.get('.dockerignore') ?? ''),
    env: {},
    volumes: data.volumes,
    evidence: [
      ...[node.evidence, ...home.evidence, ...install.evidence, ...debian.evidence],
      ...[...build.evidence, start.evidence, ...data.evidence],
    ],
  }
}

/** What is copied into /app: the program's own directory, or the workspace that it is installed with. */
type Home = { directory: string; tree: SourceTree; workdir: string; workspace?: Workspace; evidence: string[] }

const homeOf = (repository: SourceTree, { directory }: Program): Home => {
  const workspace = workspaceOf(repository, directory)
  if (!workspace) return { directory, tree: below(repository, directory), workdir: '/app', evidence: [] }
  const { root, place } = workspace
  const inside = root === '' ? directory : directory.slice(root.length + 1)
  if (!/^[\w@.+-]+(\/[\w@.+-]+)*$/.test(inside)) throw unusableName(directory)
  const evidence = [
    `${inside} is a package of a workspace (${place}): installed from its root, started in its directory`,
  ]
  return { directory: root, tree: below(repository, root), workdir: `/app/${inside}`, workspace, evidence }
}

const unusableName = (directory: string): TbsError =>
  new TbsError(
    'cannot_detect',
    `The directory ${JSON.stringify(directory)} has characters that no image can be made with`,
    {
      hint: 'Rename it to letters, digits and . _ + - @',
    },
  )

type App = { tree: SourceTree; manifest: PackageJson; nodeMajor: number }

const startOf = ({ tree, manifest, nodeMajor }: App, { manifest: tbs, at }: ManifestFile): Start => {
  const { command } = tbs.run
  if (command !== undefined) {
    return { command: commandOf(command), script: command, evidence: `start: ${command} (${at('run.command')})` }
  }
  return nodeStart({ tree, manifest, nodeMajor, isBuilt: isRealBuild(manifest.scripts.build) })
}

type Build = { commands: string[]; evidence: string[] }
type Built = { tree: SourceTree; manifest: PackageJson; home: Home }

const buildOf = ({ tree, manifest, home }: Built, start: Start): Build => {
  const script = manifest.scripts.build
  const place = packageJsonPlace(tree, 'build', 'scripts')
  const others = home.workspace ? siblingsBuild(manifest, home.tree) : { commands: [], evidence: [] }
  const left = (why: string): Build => ({
    commands: others.commands,
    evidence: [...others.evidence, `build script: left out, ${why} (${place})`],
  })
  if (script === undefined) return others
  if (!isRealBuild(script)) return left('it builds nothing inside an image')
  if (runsBuild(start.script, script)) return left('the start script runs it')
  const evidence = `build script: ${script.slice(0, 120)} (${place})`
  return { commands: [...others.commands, 'npm run build'], evidence: [...others.evidence, evidence] }
}

/** Packages of the same workspace that this one needs have to be built before it. */
const siblingsBuild = (manifest: PackageJson, root: SourceTree): Build => {
  const names = [...root.text].flatMap(([path, text]) =>
    path.endsWith('/package.json') ? (/"name"\s*:\s*"([^"]{1,200})"/.exec(text.slice(0, 100_000))?.slice(1) ?? []) : [],
  )
  const needed = Object.entries({ ...manifest.devDependencies, ...manifest.dependencies }).find(
    ([name, range]) => range.startsWith('workspace:') || names.includes(name),
  )
  if (!needed) return { commands: [], evidence: [] }
  const isPnpm = root.files.includes('pnpm-workspace.yaml')
  const build = isPnpm
    ? 'pnpm --filter "{.}^..." run --if-present build'
    : 'cd /app && npm run build --workspaces --if-present'
  return { commands: [build], evidence: [`other packages of the workspace are built first: ${needed[0]} is one`] }
}

/** An echo or nothing at all; or one that needs Docker itself. */
const isRealBuild = (script: string | undefined): boolean =>
  script !== undefined && !/^\s*((echo|exit|true|:)(\s[^>&|;]*)?|docker\s.*|)$/.test(script.slice(0, 2000))

const runsBuild = (start: string, build: string): boolean =>
  start.split(/&&|;/).some((part) => part.trim() === build.trim() || /^(npm|yarn|pnpm)( run)? build$/.test(part.trim()))
