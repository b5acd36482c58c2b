import type { ManifestFile } from '../../source/manifest.ts'
import { commandOf } from '../command-line.ts'
import { dataVolumes } from '../data-volumes.ts'
import type { ImagePlan } from '../image-plan.ts'
import { ignoreFile, type Program } from '../program.ts'
import { below, isRequirements, type SourceTree } from '../source-tree.ts'
import { debianPackages } from './debian-packages.ts'
import { pythonDockerfile } from './dockerfile.ts'
import { pythonSources } from './imports.ts'
import { pythonInstall } from './requirements.ts'
import { pythonStart, type Start } from './start.ts'
import { pythonVersion } from './version.ts'

/** The image of a Python program; undefined if the directory holds none. Fails with `cannot_detect`. */
export const pythonApp = (repository: SourceTree, program: Program): ImagePlan | undefined => {
  const tree = below(repository, program.directory)
  if (!isPython(tree)) return undefined
  const install = pythonInstall(tree)
  const python = pythonVersion(tree, install.requirements)
  const start = startOf(tree, program.settings)
  const debian = debianPackages(install.requirements)
  const data = dataVolumes(tree, program, '/app')
  return {
    kind: 'python',
    dockerfile: pythonDockerfile({
      ...{ version: python.version, volumes: data.volumes, debian },
      ...{ install: install.command, manifests: install.manifests },
      ...{ command: start.command, modules: start.modules },
    }),
    dockerfilePath: 'Dockerfile',
    context: program.directory,
    args: {},
    ignore: ignoreFile(tree.text.get('.dockerignore') ?? ''),
    env: {},
    volumes: data.volumes,
    evidence: [python.evidence, ...install.evidence, ...debian.evidence, start.evidence, ...data.evidence],
  }
}

/** By what lists its packages, or by its sources alone. */
export const isPython = (tree: SourceTree): boolean =>
  tree.files.some((path) => MANIFESTS.includes(path) || (isRequirements(path) && path.split('/').length <= 2)) ||
  pythonSources(tree).some(([path]) => path.split('/').length <= 2)

const MANIFESTS = ['pyproject.toml', 'Pipfile', 'setup.py', 'setup.cfg']

const startOf = (tree: SourceTree, { manifest, at }: ManifestFile): Start => {
  const { command } = manifest.run
  if (command === undefined) return pythonStart(tree)
  return { command: commandOf(command), evidence: `start: ${command} (${at('run.command')})`, modules: [] }
}
