import { findOrphans, type Orphan } from '../../operations/orphans/find-orphans.ts'
import { removeOrphan } from '../../operations/orphans/remove-orphan.ts'
import type { Engine } from '../../ports.ts'
import type { Seen } from './examine.ts'

/** What is left in Docker of this installation and belongs to nothing any more. */
export const lookAtOrphans = async (engine: Engine): Promise<Seen> => {
  const orphans = await findOrphans(engine)
  if (orphans.length === 0) return { state: 'ok', found: 'Nothing is left in Docker that belongs to nothing' }
  const names = orphans.map(({ kind, name }) => `${kind} ${name}`).join(', ')
  return {
    state: 'warn',
    found: `Left in Docker, and belongs to nothing: ${names}`,
    consequence: 'It takes disk, and addresses for networks',
    fix: `Remove ${names}${orphans.some(({ kind }) => kind === 'container') ? KEPT : ''}`,
    mend: () => removeAll(engine, orphans),
  }
}

const KEPT = '; a container that holds data files is kept'

// As of now: what was shown, if it still belongs to nothing.
const removeAll = async (engine: Engine, shown: readonly Orphan[]): Promise<void> => {
  const orphans = (await findOrphans(engine)).filter(({ id }) => shown.some((one) => one.id === id))
  for (const orphan of orphans) await removeOrphan(engine, orphan)
}
