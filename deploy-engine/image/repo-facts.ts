import { TbsError } from '../error.ts'
import type { ManifestFile } from '../source/manifest.ts'
import { runnableDirectories } from '../source/runnable-directories.ts'
import { type BotVariable, botVariables } from './bot-variables.ts'
import { wordsOf } from './command-line.ts'
import { type DataPath, dataPaths, workdirOf } from './data-paths.ts'
import { readInstructions } from './dockerfile-instructions.ts'
import { exampleLines } from './env-example.ts'
import { type ExampleConfig, exampleConfigs } from './example-configs.ts'
import { type FoundProgram, findProgram } from './find-program.ts'
import { type BuildPlan, type Choices, planBuild } from './plan.ts'
import { below, isForeign, isTest, type SourceTree } from './source-tree.ts'
import { finalStage } from './stages.ts'
import { guessTokenVariable } from './token-variable.ts'
import { type WebhookUse, webhookUse } from './webhook-use.ts'

/** What a person needs to know before a repository is deployed for the first time, and what to ask them. */
export type RepoFacts = {
  /** Where the bot is; '' is the whole repository. Files are named relative to it. */
  directory: string
  /** Those that could be started, where it is not clear which one is meant. */
  directories: string[]
  /** Absent: it can't be built, and `problem` says why. */
  build?: BuildWay
  problem?: { code: string; message: string; hint?: string }
  token: TokenGuess
  variables: BotVariable[]
  data: DataPath[]
  configFiles: ExampleConfig[]
  webhook?: WebhookUse
}

type BuildWay = {
  kind: string
  /** `its Dockerfile`, `its Dockerfile docker/bot/Dockerfile`, `Node 24, by package-lock.json`. */
  way: string
  evidence: string[]
  /** What could be built if the Dockerfile were ignored. */
  alternative?: string
}

/** `evidence` is '' for a name that is only the usual one. */
type TokenGuess = { name: string; evidence: string; others: string[] }

/** Never fails: what is wrong with the repository is part of the answer. */
export const repoFacts = (tree: SourceTree, choices: Choices): RepoFacts => {
  const program = attempt(() => findProgram(tree, choices.path))
  const planned = attempt(() => planBuild(tree, choices))
  const directory = program.result?.directory ?? ''
  const app = below(tree, directory)
  const plan = planned.result
  const token = tokenGuess(app, program.result, choices)
  const given = givenNames(token, program.result, plan)
  const found = botVariables(app, tree, { given, set: plan?.release.env ?? {} })
  const variables = withRequired(found, plan?.required, given)
  const data = plan ? dataPaths(plan, exampleLines(app, tree)) : []
  const webhook = webhookUse(app, variables)
  return {
    directory,
    directories: planned.problem?.code === 'cannot_detect' ? startable(tree) : [],
    ...(plan && { build: buildWay(plan) }),
    ...(planned.problem && { problem: planned.problem }),
    token,
    variables,
    data,
    configFiles: exampleConfigs(app).filter(({ target }) => !isInVolume(target, plan, data)),
    ...(webhook && { webhook }),
  }
}

const withRequired = (
  found: BotVariable[],
  { names, place }: NonNullable<BuildPlan['required']> = { names: [], place: '' },
  given: readonly string[],
): BotVariable[] => {
  const known = found.map((one) => (names.includes(one.name) ? { ...one, ask: one.value === undefined } : one))
  const others = names.filter((name) => !given.includes(name) && !found.some((one) => one.name === name))
  return [...known, ...others.map((name) => ({ name, ask: true, evidence: place }))]
}

const attempt = <T>(work: () => T): { result?: T; problem?: NonNullable<RepoFacts['problem']> } => {
  try {
    return { result: work() }
  } catch (error) {
    if (!(error instanceof TbsError)) throw error
    const { code, message, hint } = error
    return { problem: { code, message, ...(hint !== undefined && { hint }) } }
  }
}

const startable = ({ files }: SourceTree): string[] =>
  runnableDirectories(
    files.filter((path) => !isForeign(path) && !isTest(path)),
    'bot',
  ).filter((directory) => directory !== '.')

const buildWay = ({ dockerfile, dockerfilePath, context, alternative, release }: BuildPlan): BuildWay => {
  const evidence = release.evidence.filter((line) => !ABOUT_OTHERS.test(line))
  const path = context === '' ? dockerfilePath : `${context}/${dockerfilePath}`
  const own = path === 'Dockerfile' ? 'its Dockerfile' : `its Dockerfile ${path}`
  const way = release.kind === 'dockerfile' ? own : generatedWay(dockerfile, evidence)
  return { kind: release.kind, way, evidence, ...(alternative !== undefined && { alternative }) }
}

/** Of the token, the variables and the data, which have their own place in the answer. */
const ABOUT_OTHERS = /^(token variable|defaults from|not set,|NODE_ENV is left|volumes?:)/

const generatedWay = (dockerfile: string, evidence: readonly string[]): string => {
  const [, image, version = ''] = /^FROM (node|python):([\d.]+)/m.exec(dockerfile) ?? []
  const file = evidence.map((line) => MANIFEST.exec(line)?.[0]).find((found) => found !== undefined)
  return `${image === 'python' ? 'Python' : 'Node'} ${version}${file === undefined ? '' : `, by ${file}`}`
}

const MANIFEST = new RegExp(
  [
    'package-lock\\.json|npm-shrinkwrap\\.json|yarn\\.lock|pnpm-lock\\.yaml|bun\\.lockb?|package\\.json',
    '\\b[\\w-]*requirements[\\w-]*\\.txt|pyproject\\.toml|Pipfile(\\.lock)?|setup\\.py',
  ].join('|'),
)

const tokenGuess = (app: SourceTree, program: FoundProgram | undefined, { tokenEnv }: Choices): TokenGuess => {
  const named = program?.settings.manifest.run.token_env
  const guess = guessTokenVariable(app)
  const others = (name: string) => [guess.name, ...guess.others].filter((other) => other !== name).slice(0, OTHERS)
  if (named !== undefined)
    return { name: named, evidence: `${program?.settings.at('run.token_env')}`, others: others(named) }
  if (tokenEnv !== null) return { name: tokenEnv, evidence: 'as set for this bot', others: others(tokenEnv) }
  const evidence = guess.at === undefined ? '' : `${guess.at.place} ${guess.at.text}`.trim()
  return { name: guess.name, evidence, others: others(guess.name) }
}

const OTHERS = 6

const givenNames = (token: TokenGuess, program: FoundProgram | undefined, plan: BuildPlan | undefined): string[] => [
  token.name,
  ...setIn(program?.settings),
  ...(plan ? setByImage(plan) : []),
]

const setIn = (settings: ManifestFile | undefined): string[] => Object.keys(settings?.manifest.run.env ?? {})

const setByImage = ({ dockerfile, target }: BuildPlan): string[] =>
  (finalStage(readInstructions(dockerfile).instructions, target).stage ?? [])
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ rest }) =>
      /^\w+\s/.test(rest) ? [rest.split(/\s/, 1)[0] ?? ''] : wordsOf(rest).map((word) => word.replace(/=.*/s, '')),
    )

/** A file of ours would outlive its container there. */
const isInVolume = (target: string, plan: BuildPlan | undefined, data: readonly DataPath[]): boolean => {
  const workdir = plan && workdirOf(plan.dockerfile, plan.target)
  return workdir !== undefined && data.some(({ path, kept }) => kept && `${workdir}/${target}`.startsWith(`${path}/`))
}
