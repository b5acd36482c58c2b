import type { EntityManager } from 'typeorm'
import { BotSchema } from '../records/bot.ts'
import { settleVolumes } from '../records/bot-volume.ts'
import { NEVER_SEEN, observe } from '../records/observation.ts'
import { changeOperation, type Outcome, operationById } from '../records/operation.ts'
import { activeRelease, type Release, ReleaseSchema } from '../records/release.ts'
import { type Run, step } from './journal.ts'
import { settingsFor } from './own-settings.ts'
import { settleCopies } from './volume-copies.ts'

type Proven = { next: string; gapMs?: number | undefined }

/**
 * Makes a release whose gate has passed the active one, in one transaction with what is said of it. Also what recovery
 * does for an operation that was cut off between its gate and this.
 */
export const record = (run: Run, { id }: Release, { next, gapMs }: Proven): Promise<void> =>
  step(run, {
    name: 'record',
    act: () => run.engine.docker.setRestart(next, 'unless-stopped'),
    commit: async (entities) => {
      const release = await activate(run, entities, { id, next })
      await entities.update(BotSchema, { id: run.bot.id }, { stoppedAt: null, env: release.env ?? {} })
      await observe(entities, { containerId: next, botId: run.bot.id, ...NEVER_SEEN })
      const warnings = await settleCopies(run, entities)
      await keepVolume(run, entities)
      const { bot, operation, engine } = run
      await settleVolumes(entities, { bot: bot.name, operation: operation.id, now: engine.clock.now() })
      const { proof, number, sha, subject, replaced } = release
      const { restored, backup } = (await operationById(entities, run.operation.id))?.outcome ?? {}
      const outcome: Outcome = {
        release: number,
        sha,
        subject,
        proof: proof === 'live' ? 'live' : 'unproven',
        running: number,
        ...(replaced !== null && { wayBack: replaced }),
        ...(gapMs !== undefined && { gapMs }),
        ...(restored && { restored }),
        ...(backup && { backup }),
        ...(warnings.length > 0 && { warnings }),
      }
      await changeOperation(entities, run.operation.id, { outcome })
    },
  })

const keepVolume = async ({ bot, operation }: Run, entities: EntityManager): Promise<void> => {
  const { volume } = operation.args
  if (volume === undefined || bot.volumes.includes(volume)) return
  await entities.update(BotSchema, { id: bot.id }, { volumes: [...bot.volumes, volume] })
}

const activate = async (run: Run, entities: EntityManager, { id, next }: { id: number; next: string }) => {
  const before = await activeRelease(entities, run.bot.id)
  const release = await entities.findOneByOrFail(ReleaseSchema, { id })
  const proof = (await operationById(entities, run.operation.id))?.outcome?.proof ?? 'unproven'
  if (before && before.id !== id) {
    await entities.update(ReleaseSchema, { id: before.id }, { state: 'superseded' })
  }
  return entities.save(ReleaseSchema, {
    ...release,
    state: 'active' as const,
    proof,
    env: settingsFor(run, release),
    containerId: next,
    replaced: proof === 'live' ? null : wayBackFrom(before, release),
    operationId: run.operation.id,
    activatedAt: run.engine.clock.now(),
  })
}

/** The way back leads to the last version that was seen working, past others that never were. */
const wayBackFrom = (before: Release | undefined, release: Release): number | null => {
  if (!before) return null
  if (before.id === release.id) return release.replaced
  // Back from an unproven version to the one that was its own way back: that can't be the way back from itself.
  const further = before.replaced === release.number ? null : before.replaced
  return before.proof === 'live' ? before.number : (further ?? before.number)
}
