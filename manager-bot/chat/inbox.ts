import type { Update } from 'telegraf/types'
import { type Engine, messageOf, Secret } from '../../deploy-engine/index.ts'
import { acceptUpdates } from './records/handled-update.ts'
import { addToInbox, type Inbox, inbox, inboxItem, inboxKey, removeFromInbox } from './records/inbox.ts'
import { knownPeople } from './records/person.ts'
import { NO_BOT } from './records/sealed.ts'

/**
 * Writes updates down before anything is done about them, and gives those that are new. What people whom the manager
 * listens to ask for is kept until it is done; strangers leave nothing but the update's id.
 */
export const acceptInto = async (engine: Engine, updates: Update[]): Promise<Update[]> => {
  const { database, clock } = engine
  const now = clock.now()
  const fresh = await database.transaction(async (entities) => {
    const ids = updates.map(({ update_id }) => update_id)
    const news = await acceptUpdates(entities, ids, now)
    const known = await knownPeople(entities, [...new Set(updates.flatMap(personOf))])
    const kept = updates.filter(
      (update) => news.has(update.update_id) && personOf(update).some((person) => known.has(person)),
    )
    await addToInbox(
      entities,
      kept.map((update) => ({ updateId: update.update_id, sealed: seal(engine, update), acceptedAt: now })),
    )
    return news
  })
  return updates.filter(({ update_id }) => fresh.has(update_id))
}

/** What an earlier process accepted and did not finish, oldest first. */
export const unfinishedUpdates = async (engine: Engine): Promise<Update[]> => {
  const left: Update[] = []
  for (const kept of await inbox(engine.database.read)) {
    const update = open(engine, kept)
    if (update) left.push(update)
    else await finishUpdate(engine, kept.updateId)
  }
  return left
}

/** Of strangers there is nothing to remove, and of what was answered neither: then it writes nothing. */
export const finishUpdate = async ({ database }: Engine, updateId: number): Promise<void> => {
  if (!(await inboxItem(database.read, updateId))) return
  await database.transaction((entities) => removeFromInbox(entities, updateId))
}

export const personOf = (update: Update): number[] => {
  const from =
    'message' in update ? update.message.from : 'callback_query' in update ? update.callback_query.from : undefined
  return from ? [from.id] : []
}

const seal = ({ vault }: Engine, update: Update): Buffer =>
  vault.seal(NO_BOT, inboxKey(update.update_id), new Secret(JSON.stringify(update)))

// With another master key nothing of it can be read any more.
const open = ({ vault, log }: Engine, { updateId, sealed }: Inbox): Update | undefined => {
  try {
    return JSON.parse(vault.open(NO_BOT, inboxKey(updateId), sealed).reveal())
  } catch (error) {
    log.error({ update: updateId, reason: messageOf(error) }, 'a message of before the start can not be read')
    return undefined
  }
}
