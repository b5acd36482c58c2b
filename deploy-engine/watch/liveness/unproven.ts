import { type EntityManager, In, MoreThan } from 'typeorm'
import type { Sample } from '../../container/sample.ts'
import { deafness, firstSign } from '../../container/signs.ts'
import { type OperationRequest, requestOperation } from '../../operations/request.ts'
import { tidyBot } from '../../operations/tidy.ts'
import type { Engine } from '../../ports.ts'
import type { Bot } from '../../records/bot.ts'
import { botVolumes } from '../../records/bot-volume.ts'
import { addWarnings, changeOperation, OperationSchema, operationById } from '../../records/operation.ts'
import { type Release, ReleaseSchema } from '../../records/release.ts'
import { betweenOperations } from '../between-operations.ts'

export type Unproven = {
  bot: Bot
  release: Release
  /** Of its present life, oldest first. */
  samples: readonly Sample[]
  startedAt: number
  enqueue(operation: number): Promise<void>
}

const REQUESTED_BY = 'manager'
/** Ten minutes of looks: enough for every kind of evidence. */
const SAMPLES = 200

/**
 * What becomes of an active release that passed its gate without a sign of polling: the first sign makes it live;
 * updates that wait for 20 s bring back what was there before it. undefined: neither.
 */
export const settleUnproven = async (engine: Engine, unproven: Unproven): Promise<'live' | 'put back' | undefined> => {
  const { release } = unproven
  const samples = unproven.samples.slice(-SAMPLES)
  const startedAt = Math.max(release.activatedAt ?? 0, unproven.startedAt)
  const sign = firstSign(startedAt, samples)
  if (sign) {
    await proven(engine, unproven, sign.evidence)
    return 'live'
  }
  if (!deafness(startedAt, samples) || (await triedInVain(engine, release))) return undefined
  const way = await wayBackFrom(engine, unproven)
  if (!way) return undefined
  await putBack(engine, unproven, way)
  return 'put back'
}

type Way = Pick<OperationRequest, 'kind' | 'args'>

/** The version before, or the data before if a restore brought other data under the same version. */
const wayBackFrom = async ({ database: { read } }: Engine, { bot, release }: Unproven): Promise<Way | undefined> => {
  const { kind, id, outcome, requestedBy } = (await operationById(read, release.operationId)) ?? {}
  const volumes = kind === 'restore' ? await botVolumes(read, bot.name) : []
  const hasReplaced = volumes.some(({ state, operationId }) => state === 'replaced' && operationId === id)
  const isSame = outcome?.restored?.from === release.number
  // What the manager put back itself is not undone again: it would go on for ever.
  if (hasReplaced && isSame) return requestedBy === REQUESTED_BY ? undefined : { kind: 'restore', args: { back: true } }
  return release.replaced === null ? undefined : { kind: 'rollback', args: { release: release.replaced } }
}

// If the version before does not work either, trying it again every minute would only be noise.
const triedInVain = async ({ database }: Engine, { botId, operationId }: Release): Promise<boolean> => {
  const tries = await database.read.findBy(OperationSchema, {
    botId,
    kind: In(['rollback', 'restore']),
    requestedBy: REQUESTED_BY,
    id: MoreThan(operationId),
  })
  return tries.some(({ state, outcome }) => {
    const code = outcome?.error?.code ?? ''
    return state === 'cancelled' || (state === 'failed' && !/^interrupted$|_unreachable$/.test(code))
  })
}

const proven = (engine: Engine, { bot, release, enqueue }: Unproven, evidence: string): Promise<void> =>
  betweenOperations({ engine, enqueue }, bot.id, async () => {
    await engine.database.transaction((entities) => markLive(entities, release, evidence))
    engine.changes.emit({ operation: release.operationId })
    const warnings = await tidyBot(engine, bot)
    await engine.database.transaction((entities) => addWarnings(entities, release.operationId, warnings))
    engine.changes.emit({ operation: release.operationId })
  })

const markLive = async (entities: EntityManager, release: Release, evidence: string): Promise<void> => {
  await entities.update(ReleaseSchema, { id: release.id, state: 'active' }, { proof: 'live', replaced: null })
  const operation = await operationById(entities, release.operationId)
  if (!operation?.outcome) return
  const outcome = { ...operation.outcome, proof: 'live' as const, evidence }
  await changeOperation(entities, operation.id, { outcome })
}

const putBack = async (engine: Engine, { bot, release, enqueue }: Unproven, { kind, args }: Way): Promise<void> => {
  const cause = `v${release.number} runs but does not take its updates: they waited for 20 s`
  const request = { bot: bot.name, kind, args: { ...args, cause }, requestedBy: REQUESTED_BY }
  const { operation } = await requestOperation(engine, request)
  await enqueue(operation.id)
}
