import { setTimeout as sleep } from 'node:timers/promises'
import { TbsError, type Upgrade } from '../../../deploy-engine/index.ts'
import type { Places } from '../install/places.ts'
import { ask, type Target } from '../install/target.ts'

const LOOK_MS = 500
/** Stopping, copying, a minute for the new one, and a minute for the old one. */
const PATIENCE_MS = 4 * 60_000

type Following = { places: Places; begun: Upgrade; onLine(line: string): void; signal: AbortSignal }

/** Looks at its journal on the server until it has ended. Fails with `upgrade_unseen`; it goes on all the same. */
export const untilEnded = async (root: Target, { places, begun, onLine, signal }: Following): Promise<Upgrade> => {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (let phase: string = begun.phase; performance.now() < giveUpAt; await sleep(LOOK_MS, undefined, { signal })) {
    const text = await ask(root, ['cat', places.upgrade])
    const upgrade: Upgrade | undefined = text === undefined ? undefined : JSON.parse(text)
    if (upgrade?.id !== begun.id) continue
    if (upgrade.result) return upgrade
    if (upgrade.phase !== phase) onLine(PHASES[upgrade.phase])
    phase = upgrade.phase
  }
  throw new TbsError('upgrade_unseen', 'It has not ended within four minutes', {
    hint: `It goes on by itself. See on the server: docker ps --all, and ${places.upgrade}`,
  })
}

const PHASES: Record<Upgrade['phase'], string> = {
  asked: 'it begins',
  retiring: 'the old one is stopped, and its database copied',
  trying: 'the new one is started',
  keeping: 'the new one works',
  returning: 'the old one is put back',
}
