import { TbsError } from '../error.ts'
import type { Bot } from '../records/bot.ts'
import type { ReleasePlan } from '../records/release.ts'
import type { ManifestFile } from '../source/manifest.ts'
import { cannotDetect } from './cannot-detect.ts'
import { composeServices } from './compose.ts'
import { type FoundProgram, findProgram } from './find-program.ts'
import type { ImagePlan } from './image-plan.ts'
import { nodeApp } from './node/app.ts'
import { ownDockerfile } from './own-dockerfile.ts'
import type { Program } from './program.ts'
import { isPython, pythonApp } from './python/app.ts'
import { releasePlan } from './release-plan.ts'
import { below, isDockerfile, isForeign, type SourceTree } from './source-tree.ts'
import { listsTelegram } from './telegram-libraries.ts'

/** Everything that building a repository and running the result takes. */
export type BuildPlan = {
  /** Full text, not yet labelled. */
  dockerfile: string
  /** Where that text belongs, relative to the context. */
  dockerfilePath: string
  /** Relative to the repository; '' is the whole of it. */
  context: string
  args: Record<string, string>
  /** The stage that is built, if it is not the last one. */
  target?: string
  /** Why the classic builder can't build it, for people; absent: it can. */
  buildkit?: string
  /** Text for .dockerignore, where it takes the place of the repository's. */
  ignore?: string
  /** What could be built if its own Dockerfile were ignored, for people: "a Node image by package.json". */
  alternative?: string
  /** Variables that it says it can't do without, and where. */
  required?: { names: string[]; place: string }
  release: ReleasePlan
}

/**
 * Decides how a repository is built and run, from tbs.yaml, its Dockerfile, or what it looks like; every decision
 * is in `release.evidence`. What a person chose for the bot wins over every guess. Fails with `cannot_detect` or
 * `bad_tbs_yaml`.
 */
export const planBuild = (tree: SourceTree, choices: Choices): BuildPlan => {
  const found = findProgram(tree, choices.path)
  const generated = attempt(() => generatedImage(tree, { ...found, volumes: choices.volumes }))
  const own = choices.ignoreDockerfile ? undefined : ownImage(tree, found, generated.image)
  const image = own ? withChosen(own, choices.volumes) : generated.image
  if (!image) throw generated.error ?? cannotDetect(tree, found.directory)
  return {
    dockerfile: image.dockerfile,
    dockerfilePath: image.dockerfilePath,
    context: image.context,
    args: image.args,
    ...(image.target === undefined ? {} : { target: image.target }),
    ...(image.buildkit === undefined ? {} : { buildkit: image.buildkit }),
    ...(image.ignore === undefined ? {} : { ignore: image.ignore }),
    ...(own && generated.image ? { alternative: alternativeOf(generated.image) } : {}),
    ...requiredBy(found.settings),
    release: releasePlan({
      app: below(tree, found.directory),
      tree,
      settings: found.settings,
      image,
      tokenEnv: choices.tokenEnv,
      evidence: [...found.evidence, ...(own ? [] : unusedDockerfiles(tree, choices))],
    }),
  }
}

/** What a person chose for a bot; null and [] where nothing was chosen. */
export type Choices = Pick<Bot, 'tokenEnv' | 'path' | 'ignoreDockerfile' | 'volumes'>

const requiredBy = ({ manifest, at }: ManifestFile): Pick<BuildPlan, 'required'> => {
  const names = manifest.run.required
  return names.length === 0 ? {} : { required: { names, place: at('run.required') } }
}

const ownImage = (tree: SourceTree, { directory, settings }: FoundProgram, generated?: ImagePlan) => {
  const start = generated && startWords(generated)
  return ownDockerfile({
    ...{ tree, directory, settings, services: composeServices(tree), canGenerate: generated !== undefined },
    ...(start && { start }),
  })
}

/** CMD of a generated Dockerfile is JSON on a line of its own. */
const startWords = ({ dockerfile }: ImagePlan): string[] => JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '[]')

const generatedImage = (tree: SourceTree, program: Program): ImagePlan | undefined => {
  const app = below(tree, program.directory)
  // A bot in Python whose package.json only belongs to a web page or a formatter.
  const isPythonFirst =
    isPython(app) && !listsTelegram(app, 'package.json') && app.files.some((path) => listsTelegram(app, path))
  return isPythonFirst ? pythonApp(tree, program) : (nodeApp(tree, program) ?? pythonApp(tree, program))
}

/** An error waits until it is known whether there is a Dockerfile. Wrong settings are wrong either way. */
const attempt = (make: () => ImagePlan | undefined): { image?: ImagePlan; error?: TbsError } => {
  try {
    const image = make()
    return image ? { image } : {}
  } catch (error) {
    if (!(error instanceof TbsError) || error.code === 'bad_tbs_yaml') throw error
    return { error }
  }
}

const withChosen = (image: ImagePlan, chosen: readonly string[]): ImagePlan => {
  const added = chosen.filter((path) => !image.volumes.includes(path))
  if (added.length === 0) return image
  const evidence = [...image.evidence, `volumes: ${added.join(', ')}, chosen for this bot`]
  return { ...image, volumes: [...image.volumes, ...added], evidence }
}

const alternativeOf = ({ kind }: ImagePlan): string =>
  kind === 'node' ? 'a Node image by package.json' : 'a Python image by what the sources import and list'

const unusedDockerfiles = (tree: SourceTree, { ignoreDockerfile }: Choices): string[] => {
  const names = tree.files.filter((path) => isDockerfile(path) && !isForeign(path)).slice(0, 3)
  if (names.length === 0) return []
  const how = ignoreDockerfile
    ? 'ignored, as set for this bot'
    : 'not used; to build it, set build.dockerfile in tbs.yaml'
  return [`${names.join(', ')}: ${how}`]
}
