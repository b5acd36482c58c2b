import { type EntityManager, MoreThan } from 'typeorm'
import { type Sample, takeSample } from '../container/sample.ts'
import { deafness, firstSign } from '../container/signs.ts'
import { requestOperation } from '../operations/request.ts'
import { botSecrets } from '../operations/secrets.ts'
import { tidyBot } from '../operations/tidy.ts'
import { takeTurn } from '../operations/turn.ts'
import { workOff } from '../operations/work.ts'
import type { Engine } from '../ports.ts'
import { type Bot, botById } from '../records/bot.ts'
import {
  addWarnings,
  changeOperation,
  OperationSchema,
  operationById,
  unfinishedOperations,
} from '../records/operation.ts'
import { type Release, ReleaseSchema } from '../records/release.ts'
import { clockJumps } from '../steady-clock.ts'

export type UnprovenWatch = { enqueue(operation: number): Promise<void>; signal: AbortSignal }

const REQUESTED_BY = 'manager'
const LOOK_MS = 3_000
const PROBE_EVERY = 3
/** The first two minutes are looked at in full: if it is busy, it shows then. */
const PROBED_SAMPLES = 40
/** Ten minutes of looks: enough for every kind of evidence, bounded for a bot that stays idle for weeks. */
const KEPT_SAMPLES = 200
/** Corrections of a clock that runs well are far smaller. */
const JUMP_MS = 2_000

/**
 * Watches active releases that passed their gate without a sign of polling, until the signal aborts: the first sign
 * makes them live; updates that wait for 20 s bring the version before them back.
 */
export const watchUnproven = async (engine: Engine, { enqueue, signal }: UnprovenWatch): Promise<void> => {
  const seen = new Map<string, Sample[]>()
  const jumped = clockJumps(engine.clock)
  for (let round = 0; !signal.aborted; round++) {
    // Between a look before and one after it, updates would seem to have waited for as long as the clock was set.
    if (Math.abs(jumped()) > JUMP_MS) seen.clear()
    try {
      for (const release of await unproven(engine)) {
        const bot = await botById(engine.database.read, release.botId)
        if (bot.stoppedAt !== null) continue
        await look(engine, { bot, release, seen, withNetwork: round % PROBE_EVERY === 0, enqueue, signal })
      }
      await engine.clock.sleep(LOOK_MS, signal)
    } catch (error) {
      if (signal.aborted) return
      engine.log.error({ err: error }, 'watching unproven releases failed')
      await engine.clock.sleep(LOOK_MS, signal).catch(() => undefined)
    }
  }
}

type Look = UnprovenWatch & { bot: Bot; release: Release; seen: Map<string, Sample[]>; withNetwork: boolean }

const unproven = ({ database }: Engine): Promise<Release[]> =>
  database.read.findBy(ReleaseSchema, { state: 'active', proof: 'unproven' })

const look = async (engine: Engine, { bot, release, seen, withNetwork, enqueue, signal }: Look): Promise<void> => {
  if (!release.containerId || (await isBusy(engine, bot))) return
  // What another version took while an operation tried it is no sign of this one.
  const era = `${release.containerId} ${await lastOperation(engine, bot)}`
  const samples = (seen.get(era) ?? []).slice(-KEPT_SAMPLES)
  for (const other of seen.keys()) if (other.startsWith(release.containerId)) seen.delete(other)
  seen.set(era, samples)
  const { token } = await botSecrets(engine, bot)
  const asked = { bot: bot.name, container: release.containerId, token }
  const probes = withNetwork || samples.length < PROBED_SAMPLES
  const sample = await takeSample(engine, { ...asked, withNetwork: probes }, signal)
  if (!sample.running) return
  samples.push(sample)
  const sign = firstSign(release.activatedAt ?? 0, samples)
  if (sign) return proven(engine, bot, { release, evidence: sign.evidence })
  if (!deafness(release.activatedAt ?? 0, samples) || release.replaced === null) return
  samples.length = 0
  if (await triedInVain(engine, release)) return
  await putBack(engine, { bot, release, enqueue })
}

const isBusy = async (engine: Engine, bot: Bot): Promise<boolean> =>
  engine.running.bots.has(bot.id) || (await unfinishedOperations(engine.database.read, bot.id)).length > 0

const lastOperation = async ({ database }: Engine, { id }: Bot): Promise<number> => {
  const [last] = await database.read.find(OperationSchema, { where: { botId: id }, order: { id: 'DESC' }, take: 1 })
  return last?.id ?? 0
}

// If the version before does not work either, trying it again every minute would only be noise.
const triedInVain = async ({ database }: Engine, { botId, operationId }: Release): Promise<boolean> => {
  const tries = await database.read.findBy(OperationSchema, {
    botId,
    kind: 'rollback',
    requestedBy: REQUESTED_BY,
    id: MoreThan(operationId),
  })
  return tries.some(({ state, outcome }) => {
    const code = outcome?.error?.code ?? ''
    return state === 'cancelled' || (state === 'failed' && !/^interrupted$|_unreachable$/.test(code))
  })
}

const proven = async (engine: Engine, bot: Bot, { release, evidence }: { release: Release; evidence: string }) => {
  const end = await takeTurn(engine, bot.id, async () => {
    await engine.database.transaction((entities) => markLive(entities, release, evidence))
    engine.changes.emit({ operation: release.operationId })
    const warnings = await tidyBot(engine, bot)
    await engine.database.transaction((entities) => addWarnings(entities, release.operationId, warnings))
    engine.changes.emit({ operation: release.operationId })
  })
  if (end === 'news') await workOff(engine, bot.id)
}

const markLive = async (entities: EntityManager, release: Release, evidence: string): Promise<void> => {
  await entities.update(ReleaseSchema, { id: release.id, state: 'active' }, { proof: 'live', replaced: null })
  const operation = await operationById(entities, release.operationId)
  if (!operation?.outcome) return
  const outcome = { ...operation.outcome, proof: 'live' as const, evidence }
  await changeOperation(entities, operation.id, { outcome })
}

const putBack = async (
  engine: Engine,
  { bot, release, enqueue }: { bot: Bot; release: Release; enqueue: UnprovenWatch['enqueue'] },
): Promise<void> => {
  const cause = `v${release.number} runs but does not take its updates: they waited for 20 s`
  const args = { cause, ...(release.replaced !== null && { release: release.replaced }) }
  const request = { bot: bot.name, kind: 'rollback' as const, args, requestedBy: REQUESTED_BY }
  const { operation } = await requestOperation(engine, request)
  await enqueue(operation.id)
}
