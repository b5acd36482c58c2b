import { TbsError, type Upgrade } from '../../../deploy-engine/index.ts'
import { ownPackage } from '../../package-files.ts'
import { findContainer } from '../door/find-container.ts'
import { becomeRoot } from '../install/become-root.ts'
import { type Connecting, connect } from '../install/connect.ts'
import { buildManagerImage } from '../install/manager-image.ts'
import { placesOf } from '../install/places.ts'
import { Stopped } from '../install/question.ts'
import type { Target } from '../install/target.ts'
import type { Where } from '../install/wanted.ts'
import type { Step } from '../step-screen.ts'
import { beginThere } from './begin-there.ts'
import { untilEnded } from './follow.ts'
import type { StepName } from './steps.ts'

export type UpgradeParts = Connecting & { step: Step<StepName> }

/**
 * Replaces the manager on a server by the version that this package is, or by the one before; gives how it ended. From
 * the moment that it has begun it needs nobody any more. Fails with `upgrade_undone` when the old one is back.
 */
export const upgrade = async (where: Where, { back }: { back: boolean }, parts: UpgradeParts): Promise<Upgrade> => {
  const { question, step, signal } = parts
  const { instance } = where
  const own = back ? undefined : await ownPackage()
  const { target, password } = await step('connect', () => connect(where, parts))
  try {
    const { root, manager } = await step('manager', async () => {
      const passwords = [where.passwords.sudo, password]
      const { root } = await becomeRoot(target, { passwords, question })
      const manager = await findContainer(root, { instance, passwords, question, orStopped: true })
      return { value: { root, manager }, found: manager.running ? 'it runs' : 'it is there, and does not run' }
    })
    const to = own ? `version ${own.version}` : 'the version before'
    const title = `Replace the manager ${instance} on ${root.name} by ${to}? Bots go on meanwhile.`
    if (!(await question.yes(title))) throw new Stopped()
    const image = own && (await step('image', (onLine) => imageThere(root, { instance, own, onLine })))
    const begun = await step('begin', async () => {
      const value = await beginThere(root, { instance, manager: manager.id, image })
      return { value, found: `from ${value.from.version} to ${value.to.version}` }
    })
    const ended = await step('replace', async (onLine) => {
      const value = await untilEnded(root, { places: placesOf(instance), begun, onLine, signal })
      return { value, found: HOW[value.result ?? 'stuck'] }
    })
    if (ended.result !== 'done') throw undone(ended, instance)
    return ended
  } finally {
    target.close()
  }
}

const HOW = { done: 'it works', undone: 'it does not work: the old one is back', stuck: 'it does not work' }

type Imaging = { instance: string; own: Awaited<ReturnType<typeof ownPackage>>; onLine(line: string): void }

const imageThere = async (root: Target, { onLine, ...wanted }: Imaging) => {
  const { id, tag, built } = await buildManagerImage(root, wanted, { onLine })
  return { value: id, found: tag, changed: built }
}

const undone = ({ from, to, reason, logLines, result }: Upgrade, instance: string): TbsError => {
  const lines = (logLines ?? []).map((line) => `\n  ${line}`).join('')
  const message = `${to.version} was not kept: ${reason ?? 'nobody knows why'}${lines}`
  const log = `Its log on the server: docker logs ${instance}-manager`
  const hint =
    result === 'undone' ? `${from.version} is back, with its data as it was` : `NO MANAGER WAS SEEN WORKING. ${log}`
  return new TbsError('upgrade_undone', message, { hint })
}
