import { TbsError } from '../error.ts'
import type { Bot } from '../records/bot.ts'
import type { ReleasePlan } from '../records/release.ts'
import { badManifest, type ManifestFile, readManifest } from '../source/manifest.ts'
import { commandOf } from './command-line.ts'
import { envDefaults } from './env-example.ts'
import type { ImagePlan } from './image-plan.ts'
import { nodeApp } from './node/app.ts'
import { ownDockerfile } from './own-dockerfile.ts'
import { below, isDockerfile, type SourceTree } from './source-tree.ts'
import { guessTokenVariable, type TokenVariable } from './token-variable.ts'

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
  /** Text for .dockerignore, where the Dockerfile is a generated one. */
  ignore?: string
  release: ReleasePlan
}

/**
 * Decides how a repository is built and run, from tbs.yaml, its Dockerfile, or what it looks like; every decision
 * is in `release.evidence`. What a person chose for the bot wins over every guess. Fails with `cannot_detect` or
 * `bad_tbs_yaml`.
 */
export const planBuild = (tree: SourceTree, { tokenEnv }: Choices): BuildPlan => {
  const settings = manifestOf(tree)
  const { build } = settings.manifest
  const app = below(tree, build.context)
  const image = ownDockerfile(app, settings) ?? nodeApp(app, settings)
  if (!image) throw cannotDetect(tree, build.context)
  return {
    dockerfile: image.dockerfile,
    dockerfilePath: image.dockerfilePath,
    context: build.context,
    args: build.args,
    ...(image.ignore === undefined ? {} : { ignore: image.ignore }),
    release: releaseOf({ app, settings, image, tokenEnv }),
  }
}

export type Choices = Pick<Bot, 'tokenEnv' | 'path' | 'ignoreDockerfile' | 'volumes'>

const manifestOf = (tree: SourceTree): ManifestFile => {
  const misspelt = tree.files.find((path) => /^\.?tbs\.ya?ml$/i.test(path) && path !== 'tbs.yaml')
  if (misspelt !== undefined) throw badManifest(`it is named ${misspelt}; rename it`)
  if (!tree.files.includes('tbs.yaml')) return readManifest('')
  const text = tree.text.get('tbs.yaml')
  if (text === undefined) throw badManifest('it is too large')
  const settings = readManifest(text)
  const { context } = settings.manifest.build
  const isThere = context === '' || tree.files.some((path) => path.startsWith(`${context}/`))
  if (isThere) return settings
  throw badManifest(`build.context (${settings.at('build.context')}): the repository has no directory ${context}`)
}

type Found = { app: SourceTree; settings: ManifestFile; image: ImagePlan; tokenEnv: string | null }

const releaseOf = ({ app, settings, image, tokenEnv }: Found): ReleasePlan => {
  const { run, gate } = settings.manifest
  const token = tokenVariable(app, settings, tokenEnv)
  const defaults = envDefaults(app, [token.name, 'TELEGRAM_API_ROOT', ...Object.keys(run.env)])
  const { [token.name]: overruled, ...env } = run.env
  return {
    kind: image.kind,
    evidence: [
      ...image.evidence,
      token.evidence,
      ...defaults.evidence,
      ...(overruled === undefined
        ? []
        : [`${token.name} (${settings.at(`run.env.${token.name}`)}): the bot's own token is used`]),
    ],
    tokenEnv: token.name,
    env: { ...defaults.env, ...env },
    ...(image.command === undefined ? {} : { command: image.command }),
    volumes: image.volumes,
    networks: run.networks,
    ports: run.ports,
    memoryBytes: run.memory,
    cpus: run.cpus,
    stopGraceSeconds: run.stop_grace,
    gate: {
      readySeconds: gate.ready,
      stableSeconds: gate.stable,
      ...(gate.command === undefined ? {} : { command: commandOf(gate.command) }),
    },
  }
}

const tokenVariable = (app: SourceTree, { manifest, at }: ManifestFile, chosen: string | null): TokenVariable => {
  const named = manifest.run.token_env
  if (named !== undefined) return { name: named, evidence: `token variable: ${named} (${at('run.token_env')})` }
  if (chosen !== null) return { name: chosen, evidence: `token variable: ${chosen}, as set for this bot` }
  return guessTokenVariable(app)
}

const cannotDetect = (tree: SourceTree, context: string): TbsError => {
  const app = below(tree, context)
  const where = context === '' ? 'at the top of the repository' : `in ${context}`
  const looked = `Looked for tbs.yaml, Dockerfile and package.json ${where}`
  const [found, hint] = alternativeIn(tree, app)
  return new TbsError('cannot_detect', `Cannot tell how to build this repository. ${looked}; ${found}`, { hint })
}

const alternativeIn = (tree: SourceTree, app: SourceTree): [found: string, hint: string] => {
  const dockerfile = app.files.find(isDockerfile)
  if (dockerfile !== undefined) {
    return [`there is ${dockerfile}`, `Add a tbs.yaml with build: { dockerfile: ${dockerfile} }`]
  }
  const nested = tree.files.find((path) => path.endsWith('/package.json') && !path.includes('node_modules/'))
  if (nested !== undefined) {
    return [`there is ${nested}`, `Add a tbs.yaml with build: { context: ${nested.replace('/package.json', '')} }`]
  }
  const other = app.files.find((path) => OTHER_LANGUAGES.includes(path))
  const found = other === undefined ? 'none is there' : `there is ${other}, but only Node is built without a Dockerfile`
  return [found, 'Add a Dockerfile with a CMD to the repository']
}

const OTHER_LANGUAGES = [
  'requirements.txt',
  'pyproject.toml',
  'Pipfile',
  'setup.py',
  'go.mod',
  'Cargo.toml',
  'composer.json',
  'Gemfile',
  'pom.xml',
]
