import { z } from 'zod'
import { messageOf, TbsError } from '../error.ts'
import { EnvKey } from '../names.ts'
import {
  Command,
  Cpus,
  duration,
  HealthUrl,
  Keep,
  NetworkName,
  PORT,
  Port,
  RepositoryPath,
  Schedule,
  StageName,
  size,
  VolumePath,
} from './manifest-fields.ts'
import { readYaml, type Yaml } from './read-yaml.ts'

/**
 * Parses the text of a repository's tbs.yaml, see design.md section 6. Sizes come out in bytes, times in seconds.
 * Fails with `bad_tbs_yaml`, naming each key that is wrong and what it takes. Values are never repeated: they may be
 * secret.
 */
export const readManifest = (text: string): ManifestFile => {
  const { content, lineOf } = yamlOf(text)
  const result = ManifestSchema.safeParse(content ?? {})
  if (!result.success) throw badManifest(describeIssues(result.error.issues))
  return { manifest: result.data, at: (key) => `tbs.yaml:${lineOf(key.split('.'))}` }
}

export type ManifestFile = {
  manifest: Manifest
  /** Where a key such as `run.memory` stands, for example `tbs.yaml:4`. */
  at: (key: string) => string
}

export const badManifest = (problem: string, cause?: unknown): TbsError =>
  new TbsError('bad_tbs_yaml', `tbs.yaml is not usable: ${problem}`, {
    hint: 'Correct tbs.yaml in the repository, push it and deploy again',
    ...(cause === undefined ? {} : { cause }),
  })

const yamlOf = (text: string): Yaml => {
  try {
    return readYaml(text)
  } catch (error) {
    throw badManifest(messageOf(error), error)
  }
}

const mapping = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return `a mapping with some of the keys ${Object.keys(shape).join(', ')}`
      return describeUnknown(issue.keys, Object.keys(shape))
    },
  })

const listOf = <Item extends z.ZodType>(item: Item, expectation: string) =>
  z.array(item, `a list of ${expectation}`).max(20, 'at most 20 entries')

const Variables = z
  .record(EnvKey, z.string('a text'), 'a mapping of names to values')
  .refine((record) => Object.keys(record).length <= 200, 'at most 200 variables')

const ManifestSchema = mapping({
  build: mapping({
    /** Relative to the context, as in compose files. */
    dockerfile: RepositoryPath.optional(),
    context: RepositoryPath.default(''),
    args: Variables.default({}),
    /** The stage to build; default the last one. */
    target: StageName.optional(),
  }).prefault({}),
  run: mapping({
    command: Command.optional(),
    env: Variables.default({}),
    token_env: EnvKey.optional(),
    memory: size(32, 65_536).prefault('512m'),
    cpus: Cpus.default(1),
    volumes: listOf(VolumePath, 'paths in the container').optional(),
    networks: listOf(NetworkName, 'Docker networks').default([]),
    ports: listOf(Port, PORT).default([]),
    stop_grace: duration(1, 300).default(10),
    /** Variables without which nothing is built. */
    required: listOf(EnvKey, 'names of variables').default([]),
  }).prefault({}),
  gate: mapping({
    ready: duration(1, 600).default(60),
    stable: duration(1, 600).default(15),
    command: Command.optional(),
  }).prefault({}),
  health: mapping({
    http: HealthUrl.optional(),
    command: Command.optional(),
    every: duration(10, 3600).default(30),
  })
    .refine(({ http, command }) => (http === undefined) !== (command === undefined), 'one of http and command')
    .optional(),
  hooks: mapping({ release: Command.optional() }).prefault({}),
  backup: mapping({
    schedule: Schedule.optional(),
    keep: Keep.prefault('7'),
  }).prefault({}),
})

export type Manifest = z.output<typeof ManifestSchema>

const describeUnknown = (keys: string[], known: string[]): string => {
  const named = keys.slice(0, 3).map(printable).join(', ')
  const more = keys.length > 3 ? ` and ${keys.length - 3} more` : ''
  return `unknown key${keys.length > 1 ? 's' : ''} ${named}${more}; the keys here are ${known.join(', ')}`
}

/** Unknown keys first: a misspelt key is the cause of whatever else is missing. */
const describeIssues = (issues: z.core.$ZodIssue[]): string => {
  const isUnknownKey = (issue: z.core.$ZodIssue) => issue.code === 'unrecognized_keys'
  const ordered = [...issues.filter(isUnknownKey), ...issues.filter((issue) => !isUnknownKey(issue))]
  return ordered.slice(0, 5).map(describeIssue).join('; ')
}

const describeIssue = (issue: z.core.$ZodIssue): string => {
  const where = issue.path.map((part) => (typeof part === 'string' ? printable(part) : String(part))).join('.')
  if (issue.code === 'unrecognized_keys') return where === '' ? issue.message : `${where}: ${issue.message}`
  if (issue.code === 'invalid_key') return `${where}: ${issue.issues[0]?.message ?? issue.message}`
  return `${where === '' ? 'the file' : where}: expected ${issue.message}`
}

const printable = (key: string): string => JSON.stringify(key).slice(1, -1).slice(0, 60)
