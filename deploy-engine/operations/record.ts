import type { EntityManager } from 'typeorm'
import { changeOperation, type Outcome } from '../records/operation.ts'
import { activeRelease, type Release, ReleaseSchema } from '../records/release.ts'
import { type Run, step } from './journal.ts'

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
      const { proof, number, sha, subject, replaced } = release
      const outcome: Outcome = {
        release: number,
        sha,
        subject,
        proof: proof === 'live' ? 'live' : 'unproven',
        running: number,
        ...(replaced !== null && { wayBack: replaced }),
        ...(gapMs !== undefined && { gapMs }),
      }
      await changeOperation(entities, run.operation.id, { outcome })
    },
  })

const activate = async (run: Run, entities: EntityManager, { id, next }: { id: number; next: string }) => {
  const before = await activeRelease(entities, run.bot.id)
  const release = await entities.findOneByOrFail(ReleaseSchema, { id })
  if (before && before.id !== id) {
    await entities.update(ReleaseSchema, { id: before.id }, { state: 'superseded' })
  }
  return entities.save(ReleaseSchema, {
    ...release,
    state: 'active' as const,
    containerId: next,
    replaced: release.proof === 'live' ? null : wayBackFrom(before, release),
    operationId: run.operation.id,
    activatedAt: run.engine.clock.now(),
  })
}

/** The way back leads to the last version that was seen working, past others that never were. */
const wayBackFrom = (before: Release | undefined, release: Release): number | null => {
  if (!before) return null
  if (before.id === release.id) return release.replaced
  return before.proof === 'live' ? before.number : (before.replaced ?? before.number)
}
