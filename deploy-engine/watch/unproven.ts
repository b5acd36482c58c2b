import type { EntityManager } from 'typeorm'
import { firstSign, isStuck, type Sample } from '../container/evidence.ts'
import { takeSample } from '../container/sample.ts'
import { requestOperation } from '../operations/request.ts'
import { botSecrets } from '../operations/secrets.ts'
import { tidyBot } from '../operations/tidy.ts'
import { takeTurn } from '../operations/turn.ts'
import { workOff } from '../operations/work.ts'
import type { Engine } from '../ports.ts'
import { type Bot, botById } from '../records/bot.ts'
import { addWarnings, changeOperation, operationById, unfinishedOperations } from '../records/operation.ts'
import { type Release, ReleaseSchema } from '../records/release.ts'

export type UnprovenWatch = { enqueue(operation: number): Promise<void>; signal: AbortSignal }

const LOOK_MS = 3_000
const PROBE_EVERY = 3
/** Ten minutes of looks: enough for every kind of evidence, bounded for a bot that stays idle for weeks. */
const KEPT_SAMPLES = 200

/**
 * Watches active releases that passed their gate without a sign of polling, until the signal aborts: the first sign
 * makes them live; updates that wait for 20 s bring the version before them back.
 */
export const watchUnproven = async (engine: Engine, { enqueue, signal }: UnprovenWatch): Promise<void> => {
  const seen = new Map<string, Sample[]>()
  for (let round = 0; !signal.aborted; round++) {
    try {
      for (const release of await unproven(engine)) {
        const bot = await botById(engine.database.read, release.botId)
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
  const samples = (seen.get(release.containerId) ?? []).slice(-KEPT_SAMPLES)
  seen.set(release.containerId, samples)
  const { token } = await botSecrets(engine, bot)
  const sample = await takeSample(engine, { bot: bot.name, container: release.containerId, token, withNetwork }, signal)
  if (!sample.running) return
  samples.push(sample)
  const sign = firstSign(release.activatedAt ?? 0, samples)
  if (sign) return proven(engine, bot, { release, evidence: sign.evidence })
  if (!isStuck(samples) || sample.webhook || release.replaced === null) return
  samples.length = 0
  await putBack(engine, { bot, release, enqueue })
}

const isBusy = async (engine: Engine, bot: Bot): Promise<boolean> =>
  engine.running.bots.has(bot.id) || (await unfinishedOperations(engine.database.read, bot.id)).length > 0

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
  const request = { bot: bot.name, kind: 'rollback' as const, args, requestedBy: 'manager' }
  const { operation } = await requestOperation(engine, request)
  await enqueue(operation.id)
}
