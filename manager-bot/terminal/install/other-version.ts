import { TbsError } from '../../../deploy-engine/index.ts'
import { managerContainers } from './manager-container.ts'
import type { Places } from './places.ts'
import { ask, type Target } from './target.ts'

type Installing = { instance: string; places: Places; version: string }

/**
 * An older version could not read what a newer one has made of the database, and an upgrade has the container in its
 * hands. Fails with `newer_there` or `upgrade_running`.
 */
export const refuseOtherVersion = async (root: Target, { instance, places, version }: Installing): Promise<void> => {
  const journal = await ask(root, ['cat', places.upgrade])
  if (journal && !('result' in JSON.parse(journal))) {
    throw new TbsError('upgrade_running', `An upgrade of the manager on ${root.name} has not ended`, {
      hint: 'It ends by itself within two minutes. If it does not, it goes on by: tbs-manager upgrade',
    })
  }
  for (const { id } of await managerContainers(root, instance)) {
    const image = await ask(root, ['docker', 'inspect', '--format', '{{.Image}}', id])
    const found = image && (await ask(root, ['docker', 'image', 'inspect', '--format', VERSION, image]))
    if (!found || !isNewer(found, version)) continue
    throw new TbsError('newer_there', `The manager on ${root.name} is ${found}, and this is ${version}`, {
      hint: 'Use the newest: npx tbs-manager@latest install. To go back on purpose: tbs-manager upgrade --rollback',
    })
  }
}

const VERSION = '{{index .Config.Labels "tbs.version"}}'

/** Of what comes behind the three numbers nothing is made. */
const isNewer = (one: string, other: string): boolean => {
  const [left, right] = [numbers(one), numbers(other)]
  const at = left.findIndex((number, index) => number !== right[index])
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0)
}

const numbers = (version: string): number[] => (/^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number)
