import { type EntityManager, EntitySchema } from 'typeorm'
import { TbsError } from '../error.ts'

/** An immutable built version of a bot, see design.md section 1. */
export type Release = {
  id: number
  botId: number
  number: number
  sha: string
  ref: string
  subject: string
  image: string
  /** Cleared when retention removed the image: there is no way back to it then. */
  imageId: string | null
  plan: ReleasePlan
  /** The bot's own variables as it last ran with them; null: it never has, or is older than that. */
  env: Record<string, string> | null
  state: 'built' | 'active' | 'superseded' | 'failed'
  /** live: seen polling. unproven: gate passed, not yet seen polling. */
  proof: 'none' | 'unproven' | 'live'
  containerId: string | null
  /** Number of the release whose kept container is the way back while this one is unproven. */
  replaced: number | null
  /** The operation that built it or made it active last. */
  operationId: number
  createdAt: number
  activatedAt: number | null
}

/** How a release is run and judged: a snapshot, so that a rollback restores it. */
export type ReleasePlan = {
  kind: string
  evidence: string[]
  tokenEnv: string
  env: Record<string, string>
  command?: string[]
  volumes: string[]
  /** Number of the user that it runs as; known from its first container on. */
  uid?: number
  /** Runs in the new image on the bot's volumes, between stop and start. */
  releaseHook?: string[]
  networks: string[]
  ports: string[]
  memoryBytes: number
  cpus: number
  stopGraceSeconds: number
  gate: { readySeconds: number; stableSeconds: number; command?: string[] }
  /** Absent: tbs.yaml asks for none, or the release is older than that. */
  health?: HealthPlan
  /** Absent: tbs.yaml wants none by time, or the release is older than that. */
  backup?: BackupPlan
}

/** `schedule`: when, as cron has it, by the host's time; `keep`: how many of them stay. */
export type BackupPlan = { schedule: string; keep: number }

/** What a running container is asked again and again: an address in its own network, or a command inside it. */
export type HealthPlan = { everySeconds: number } & ({ http: string } | { command: string[] })

export const ReleaseSchema = new EntitySchema<Release>({
  name: 'release',
  tableName: 'releases',
  columns: {
    id: { type: 'integer', primary: true, generated: true },
    botId: { name: 'bot_id', type: 'integer' },
    number: { type: 'integer' },
    sha: { type: 'text' },
    ref: { type: 'text' },
    subject: { type: 'text' },
    image: { type: 'text' },
    imageId: { name: 'image_id', type: 'text', nullable: true },
    plan: { type: 'simple-json' },
    env: { type: 'simple-json', nullable: true },
    state: { type: 'text' },
    proof: { type: 'text' },
    containerId: { name: 'container_id', type: 'text', nullable: true },
    replaced: { type: 'integer', nullable: true },
    operationId: { name: 'operation_id', type: 'integer' },
    createdAt: { name: 'created_at', type: 'integer' },
    activatedAt: { name: 'activated_at', type: 'integer', nullable: true },
  },
  uniques: [{ columns: ['botId', 'number'] }],
  indices: [{ name: 'one_active_release', columns: ['botId'], unique: true, where: "state = 'active'" }],
  foreignKeys: [{ target: 'bot', columnNames: ['botId'], referencedColumnNames: ['id'] }],
})

export const activeRelease = async (entities: EntityManager, botId: number): Promise<Release | undefined> =>
  (await entities.findOneBy(ReleaseSchema, { botId, state: 'active' })) ?? undefined

/** Newest first. */
export const releasesOf = (entities: EntityManager, botId: number): Promise<Release[]> =>
  entities.find(ReleaseSchema, { where: { botId }, order: { number: 'DESC' } })

export const releaseByNumber = async (
  entities: EntityManager,
  botId: number,
  number: number,
): Promise<Release | undefined> => (await entities.findOneBy(ReleaseSchema, { botId, number })) ?? undefined

/** Newest earlier release that was seen polling and still has its image. */
export const lastGoodRelease = async (
  entities: EntityManager,
  botId: number,
  before: number,
): Promise<Release | undefined> =>
  (await releasesOf(entities, botId)).find(
    (release) => release.number < before && release.proof === 'live' && release.imageId !== null,
  )

/** The release that `/rollback` goes to. Fails with `no_release` or `release_gone`. */
export const rollbackTarget = async (
  entities: EntityManager,
  bot: { id: number; name: string },
  number: number | undefined,
): Promise<Release> => {
  const hint = `See /releases ${bot.name}`
  const active = await activeRelease(entities, bot.id)
  const target =
    number === undefined
      ? await lastGoodRelease(entities, bot.id, active?.number ?? Number.POSITIVE_INFINITY)
      : await releaseByNumber(entities, bot.id, number)
  if (!target) {
    const what = number === undefined ? 'no earlier release that was seen working' : `no release v${number}`
    throw new TbsError('no_release', `${bot.name} has ${what}`, { hint })
  }
  if (target.id === active?.id) {
    throw new TbsError('already_active', `v${target.number} of ${bot.name} is the active release already`, { hint })
  }
  if (target.imageId === null) {
    const message = `The image of v${target.number} of ${bot.name} was removed to free disk`
    throw new TbsError('release_gone', message, {
      hint: `Build it again: /deploy ${bot.name} ${target.sha.slice(0, 7)}`,
    })
  }
  return target
}

/** Those that an operation built and did not bring up. */
export const failBuiltReleases = async (entities: EntityManager, operationId: number): Promise<void> => {
  await entities.update(ReleaseSchema, { operationId, state: 'built' }, { state: 'failed', proof: 'none' })
}

/** The stopped container that takes over again when the active, unproven release turns out to be deaf. */
export const wayBack = (releases: readonly Release[]): Release | undefined => {
  const active = releases.find((release) => release.state === 'active')
  if (active?.proof !== 'unproven') return undefined
  return releases.find((release) => release.number === active.replaced && release.containerId !== null)
}
