import type { EntityManager } from 'typeorm'
import type { Engine, Log } from '../../deploy-engine/index.ts'
import { line, type RichText } from '../text/rich-text.ts'
import type { Outbox } from './outbox.ts'
import { noteOf, removeNote, setNote } from './records/note.ts'
import { owners } from './records/person.ts'
import { postTo } from './tell.ts'

/**
 * Strangers get silence. The log tells of them at their 1st, 10th, 100th … message, the owners learn once a day how
 * many there were.
 */
export type Strangers = {
  /** Writes nothing: a flood costs no more than looking who it is. */
  count(personId: number): void
  /** Writes down what was counted, and tells the owners when a day is over. */
  settle(): Promise<void>
}

const NOTE = 'strangers'
const DAY_MS = 24 * 3600 * 1000
const MOST_IDS = 1000

type Counted = { messages: number; people: number[]; since: number }

export const openStrangers = (engine: Engine, { outbox, log }: { outbox: Outbox; log: Log }): Strangers => {
  const { database, clock } = engine
  let counted = nothing()
  const countInLog = decades(log)
  return {
    count: (personId) => {
      countInLog(personId)
      counted.messages += 1
      if (counted.people.size < MOST_IDS) counted.people.add(personId)
    },
    settle: async () => {
      const fresh = counted
      counted = nothing()
      try {
        const told = await database.transaction((entities) => settle(entities, outbox, { fresh, now: clock.now() }))
        for (const chatId of told) outbox.wake(chatId)
      } catch (error) {
        counted.messages += fresh.messages
        for (const person of fresh.people) counted.people.add(person)
        throw error
      }
    },
  }
}

const nothing = () => ({ messages: 0, people: new Set<number>() })

const decades = (log: Log): ((personId: number) => void) => {
  let count = 0
  let next = 1
  return (personId) => {
    count += 1
    if (count < next) return
    next *= 10
    log.info({ person: personId, messages: count }, 'messages of strangers were ignored')
  }
}

/** Gives the chats in which something is to be said. */
const settle = async (
  entities: EntityManager,
  outbox: Outbox,
  { fresh, now }: { fresh: ReturnType<typeof nothing>; now: number },
): Promise<number[]> => {
  const before = (await noteOf(entities, NOTE))?.value as Counted | undefined
  if (!before && fresh.messages === 0) return []
  const all: Counted = {
    messages: (before?.messages ?? 0) + fresh.messages,
    people: [...new Set([...(before?.people ?? []), ...fresh.people])].slice(0, MOST_IDS),
    since: before?.since ?? now,
  }
  if (now - all.since < DAY_MS) {
    if (fresh.messages > 0) await setNote(entities, { key: NOTE, value: all, at: now })
    return []
  }
  const told = (await owners(entities)).map(({ telegramId }) => telegramId)
  await postTo(outbox, entities, told, noteText(all, now))
  await removeNote(entities, NOTE)
  return told
}

const noteText = ({ messages, people, since }: Counted, now: number): RichText => {
  const days = Math.round((now - since) / DAY_MS)
  const when = days <= 1 ? 'since yesterday' : `in ${days} days`
  const many = people.length === MOST_IDS ? `${MOST_IDS} or more` : String(people.length)
  const whom = people.length === 1 ? 'one stranger' : `${many} strangers`
  const what = messages === 1 ? 'One message' : `${messages} messages`
  return [line(`${what} from ${whom} ${when}. I answered none.`)]
}
