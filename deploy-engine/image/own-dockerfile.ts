import { TbsError } from '../error.ts'
import { badManifest, type ManifestFile } from '../source/manifest.ts'
import { wordsOf } from './command-line.ts'
import { type Composed, isServiceHost } from './compose.ts'
import { type Instruction, readInstructions, wordsIn } from './dockerfile-instructions.ts'
import { isUsableDefault } from './env-example.ts'
import { type DockerfileSearch, type FoundDockerfile, findDockerfile } from './find-dockerfile.ts'
import { hostVolumes } from './host-volumes.ts'
import type { ImagePlan } from './image-plan.ts'
import { needOfBuildkit } from './needs-buildkit.ts'
import { ownStart } from './own-start.ts'
import type { SourceTree } from './source-tree.ts'
import { finalStage } from './stages.ts'

/** `start` is what would start the program if it were built without the Dockerfile. */
export type OwnSearch = DockerfileSearch & { start?: readonly string[] }

/** The image that the repository's own Dockerfile makes; undefined without one. Fails with `cannot_detect`. */
export const ownDockerfile = (search: OwnSearch): ImagePlan | undefined => {
  const found = findDockerfile(search)
  if (!found) return undefined
  const { path, context, service } = found
  const text = textOf(search.tree, path)
  const { instructions } = readInstructions(text)
  const target = targetOf(search.settings, service)
  const stage = stageOf(instructions, { target, found, settings: search.settings })
  const args = { ...service?.build?.args, ...search.settings.manifest.build.args }
  const start = ownStart(search, found, stage)
  const volumes = volumesOf(search, found, stage)
  const buildkit = needOfBuildkit({ path, text, args }, instructions)
  const env = environmentOf(search, service)
  const ignore = search.tree.text.get(`${path}.dockerignore`)
  return {
    kind: 'dockerfile',
    dockerfile: text,
    dockerfilePath: pathWithin(context, path),
    context,
    args,
    ...(target === undefined ? {} : { target }),
    ...(buildkit === undefined ? {} : { buildkit }),
    ...(ignore === undefined ? {} : { ignore }),
    ...(start.command === undefined ? {} : { command: start.command }),
    env: env.values,
    volumes: volumes.paths,
    evidence: [
      found.evidence,
      ...(buildkit === undefined ? [] : [`built by BuildKit: ${buildkit}`]),
      ...(target === undefined ? [] : [`stage: ${target}`]),
      start.evidence,
      ...volumes.evidence,
      ...env.evidence,
      ...portsOf(search, service),
    ],
  }
}

/** A Dockerfile outside of its context is put into it under a name that nothing has. */
const pathWithin = (context: string, path: string): string =>
  context === '' ? path : path.startsWith(`${context}/`) ? path.slice(context.length + 1) : '.tbs.Dockerfile'

const textOf = (tree: SourceTree, path: string): string => {
  const text = tree.text.get(path)
  if (text !== undefined) return text
  throw new TbsError('cannot_detect', `${path} was not read: it is too large, or its name has no "Dockerfile" in it`, {
    hint: 'Rename it, for example to bot.Dockerfile',
  })
}

const targetOf = ({ manifest }: ManifestFile, service: Composed | undefined): string | undefined =>
  manifest.build.target ?? service?.build?.target

type Wanted = { target: string | undefined; found: FoundDockerfile; settings: ManifestFile }

const stageOf = (instructions: readonly Instruction[], { target, found, settings }: Wanted): Instruction[] => {
  const { stage, names } = finalStage(instructions, target)
  if (stage) return stage
  const known = names.length === 0 ? 'no stage has a name' : `the stages are ${names.slice(0, 10).join(', ')}`
  const isOurs = settings.manifest.build.target !== undefined
  const problem = `${found.path} has no stage ${target}; ${known}`
  if (isOurs) throw badManifest(`build.target (${settings.at('build.target')}): ${problem}`)
  throw new TbsError('cannot_detect', `${found.service?.at('build.target')}: ${problem}`, {
    hint: 'Set build: { target: … } in tbs.yaml',
  })
}

type Volumes = { paths: string[]; evidence: string[] }

/** Named volumes of ours take the place of the anonymous ones that VOLUME would make, and of compose's own. */
const volumesOf = ({ tree, settings }: OwnSearch, { service }: FoundDockerfile, stage: Instruction[]): Volumes => {
  const { volumes } = settings.manifest.run
  const declared = stage.filter(({ name }) => name === 'VOLUME').flatMap(({ rest }) => wordsIn(rest))
  const usable = declared.filter((path) => /^\/[^\s$:]+$/.test(path)).map((path) => path.replace(/\/+$/, ''))
  const workdir = stage.filter(({ name }) => name === 'WORKDIR').map(({ rest }) => wordsOf(rest)[0] ?? '')
  const hints = volumes === undefined && service ? hostVolumes(tree, service, workdir) : []
  const paths = [...new Set([...(volumes ?? []), ...usable, ...hints])]
  const place = hints.length > 0 && service ? ` (${service.at('volumes')})` : ''
  return { paths, evidence: [`volumes: ${paths.join(', ') || 'none'}${place}`] }
}

type Environment = { values: Record<string, string>; evidence: string[] }

/** What compose sets to a plain value; neither secrets nor names of machines that only its own network has. */
const environmentOf = ({ services }: OwnSearch, service: Composed | undefined): Environment => {
  const usable = (service?.environment ?? []).filter(
    (line) => isUsableDefault(line) && !isServiceHost(services, line.value),
  )
  const names = usable.map(({ name }) => name).slice(0, 12)
  return {
    values: Object.fromEntries(usable.map(({ name, value }) => [name, value])),
    evidence: names.length === 0 ? [] : [`variables (${service?.at('environment')}): ${names.join(', ')}`],
  }
}

const portsOf = ({ settings }: OwnSearch, service: Composed | undefined): string[] =>
  !service || service.ports.length === 0 || settings.manifest.run.ports.length > 0
    ? []
    : [
        `ports ${service.ports.slice(0, 5).join(', ')} (${service.at('ports')}) are not published; ` +
          'for a webhook, set run.ports in tbs.yaml',
      ]
