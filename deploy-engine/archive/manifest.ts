import { z } from 'zod'
import { BotName, EnvKey, RefName, RepoPath, RepoUrl } from '../names.ts'
import type { ReleasePlan } from '../records/release.ts'
import { VolumePath } from '../source/manifest-fields.ts'

/** Grows when an older version could not read what is written. */
export const FORMAT = 1

const Words = z.array(z.string().max(10_000)).max(200)
const Text = z.string().max(2_000)
const Time = z.number().int().min(0)
const Count = z.number().int().min(0)

const Plan = z.object({
  kind: Text,
  evidence: Words,
  tokenEnv: EnvKey,
  env: z.record(z.string().regex(/^[^=\0]{1,500}$/), z.string().max(100_000)),
  command: Words.exactOptional(),
  volumes: z.array(VolumePath).max(40),
  uid: Count.exactOptional(),
  releaseHook: Words.exactOptional(),
  networks: z.array(z.string().max(200)).max(20),
  ports: z.array(z.string().max(100)).max(50),
  memoryBytes: Count,
  cpus: z.number().min(0),
  stopGraceSeconds: z.number().min(0),
  gate: z.strictObject({ readySeconds: z.number(), stableSeconds: z.number(), command: Words.exactOptional() }),
  health: z
    .union([
      z.strictObject({ everySeconds: z.number(), http: Text }),
      z.strictObject({ everySeconds: z.number(), command: Words }),
    ])
    .exactOptional(),
  backup: z.strictObject({ schedule: z.string().max(200), keep: Count }).exactOptional(),
}) satisfies z.ZodType<ReleasePlan>

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

// The names that parts are given by us: they are no paths and go nowhere.
const PartName = z.string().regex(/^(secrets\.json|volumes\/[0-9]{1,3}\.tar)$/, 'not the name of a part')

const Part = z.strictObject({ name: PartName, bytes: Count, sha256: Sha256 })

/** What one file holds, in the order in which it comes. The values of secrets are in a part of their own. */
export const Manifest = z.strictObject({
  format: z.literal(FORMAT),
  /** The installation that made it. */
  instance: z.string().max(100),
  bot: z.strictObject({ name: BotName, telegramId: Count, username: z.string().max(100) }),
  takenAt: Time,
  /** Why it was made, for people. */
  cause: z.string().max(200),
  /** The version that was active; null: it was never deployed. */
  release: z
    .strictObject({ number: Count, sha: z.string().regex(/^[0-9a-f]{40}$/), ref: Text, subject: Text, plan: Plan })
    .nullable(),
  settings: z.strictObject({
    repo: RepoUrl,
    branch: RefName.nullable(),
    tokenEnv: EnvKey.nullable(),
    path: RepoPath.nullable(),
    ignoreDockerfile: z.boolean(),
    volumes: z.array(VolumePath).max(40),
    memoryBytes: Count.nullable(),
    cpus: z.number().min(0).nullable(),
    autoRollback: z.boolean(),
    env: z.record(EnvKey, z.string()),
  }),
  secrets: Part,
  /** `path` is where the volume is in the container; the part is a tar of what is in it, its root being `.`. */
  volumes: z.array(Part.extend({ path: VolumePath })).max(40),
})

export type Manifest = z.output<typeof Manifest>
export type ArchivePart = z.output<typeof Part>
export type VolumePart = Manifest['volumes'][number]

export const MANIFEST = 'manifest.json'
export const SECRETS = 'secrets.json'
export const volumePartName = (place: number): string => `volumes/${place}.tar`

/** All parts, in the order of the file. */
export const partsOf = ({ secrets, volumes }: Pick<Manifest, 'secrets' | 'volumes'>): ArchivePart[] => [
  secrets,
  ...volumes,
]

/** Bytes of the tar that is inside the file, from first to last: more or less is not what we wrote. */
export const tarBytes = (manifestBytes: number, parts: readonly ArchivePart[]): number =>
  [manifestBytes, ...parts.map(({ bytes }) => bytes)].reduce((sum, bytes) => sum + BLOCK + padded(bytes), END)

const BLOCK = 512
const END = 2 * BLOCK
const padded = (bytes: number): number => Math.ceil(bytes / BLOCK) * BLOCK

/** Values by the keys under which they are stored: token, variables, access to the repository, config files. */
export const SecretValues = z.record(z.string().min(1).max(500), z.string().max(2_000_000))
