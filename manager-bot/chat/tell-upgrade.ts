import type { EntityManager } from 'typeorm'
import { type Engine, messageOf, ownContainers, type Upgrade, type Upgrading } from '../../deploy-engine/index.ts'
import { upgradeText } from '../upgrade/upgrade-text.ts'
import type { Outbox } from './outbox.ts'
import { noteOf, setNote } from './records/note.ts'
import type { Place } from './records/operation-message.ts'
import { owners } from './records/person.ts'
import type { Speaking } from './speaking.ts'

const TOLD = 'upgrade told'
const LOOK_MS = 1_000

/**
 * Says how the upgrade has ended from which this manager came, or before which it was: where it was asked for, else to
 * the owners. Waits for that end, since it comes only once this manager was seen working.
 */
export const tellUpgrade = async (
  engine: Engine,
  { upgrading, outbox, speaking }: { upgrading: Upgrading; outbox: Outbox; speaking: Speaking },
): Promise<void> => {
  const { clock, log, signal } = speaking
  try {
    let upgrade = await upgrading.journal.read()
    while (upgrade && !upgrade.result && !signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => {})
      upgrade = await upgrading.journal.read()
    }
    if (!upgrade?.result) return
    await tellOnce(engine, outbox, upgrade)
    await tidy(upgrading)
  } catch (error) {
    log.error({ reason: messageOf(error) }, 'how an upgrade has ended could not be told')
  }
}

const tellOnce = async (engine: Engine, outbox: Outbox, upgrade: Upgrade): Promise<void> => {
  const places = await engine.database.transaction(async (entities) => {
    if ((await noteOf(entities, TOLD))?.value === upgrade.id) return []
    await setNote(entities, { key: TOLD, value: upgrade.id, at: engine.clock.now() })
    const places = upgrade.place === undefined ? await ofOwners(entities) : [{ ...upgrade.place, replyTo: null }]
    for (const place of places) {
      await outbox.post(entities, { place, text: upgradeText(upgrade), priority: 'result', silent: false })
    }
    return places
  })
  for (const { chatId } of places) outbox.wake(chatId)
}

const ofOwners = async (entities: EntityManager): Promise<Place[]> =>
  (await owners(entities)).map(({ telegramId }) => ({ chatId: telegramId, threadId: null, replyTo: null }))

/** What has carried it out has ended by itself. */
const tidy = async ({ docker, instance }: Upgrading): Promise<void> => {
  for (const { id, running } of await ownContainers(docker, instance, 'upgrade')) {
    if (!running) await docker.removeContainer(id)
  }
}
