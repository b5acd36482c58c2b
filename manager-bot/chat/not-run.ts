import type { Message } from 'telegraf/types'
import { type Engine, redact } from '../../deploy-engine/index.ts'
import { code, line, type RichText, type Span } from '../text/rich-text.ts'
import type { Incoming } from './message.ts'
import type { Outbox } from './outbox.ts'
import { inboxItem, removeFromInbox } from './records/inbox.ts'
import { noteOf, notesOf, removeNote, setNote } from './records/note.ts'
import type { Place } from './records/operation-message.ts'

/** Commands that came while the manager was away. Nobody knows whether they are still wanted, so none is run. */
export type NotRun = {
  /** Written down, to be told of with others of the same place. */
  add(said: Incoming): Promise<void>
  /** Says what was written down, one message for each place. */
  tell(): Promise<void>
}

const OLD_MS = 5 * 60 * 1000
// The backlog of a start comes in one go.
const GATHER_MS = 1000
const NOTE = 'not run:'
const LONGEST = 60
const SHOWN = 10

/** `acceptedAt` in ms since the epoch. */
export const isTooOld = ({ date }: Pick<Message, 'date'>, acceptedAt: number): boolean =>
  acceptedAt - date * 1000 > OLD_MS

/** What was accepted in time is owed, also when it is carried out only after a restart. */
export const cameTooLate = async (
  { database, clock }: Engine,
  message: Message,
  updateId: number,
): Promise<boolean> => {
  if (!isTooOld(message, clock.now())) return false
  const kept = await inboxItem(database.read, updateId)
  return isTooOld(message, kept?.acceptedAt ?? clock.now())
}

type Parts = { outbox: Outbox; signal: AbortSignal }

export const openNotRun = (engine: Engine, { outbox, signal }: Parts): NotRun => {
  let gathering = false
  const tell = () => tellAll(engine, outbox)
  const tellSoon = async () => {
    if (gathering) return
    gathering = true
    await engine.clock.sleep(GATHER_MS, signal).catch(() => {})
    gathering = false
    // What is left is told of after the next start.
    if (!signal.aborted) await tell()
  }
  return {
    tell,
    add: async (said) => {
      await keep(engine, said)
      tellSoon().catch((err) => engine.log.error({ err }, 'what was not run could not be told of'))
    },
  }
}

type Kept = { place: Place; commands: string[] }

const keep = async ({ database, clock }: Engine, { place, text, updateId }: Incoming): Promise<void> => {
  const key = `${NOTE}${place.chatId}:${place.threadId ?? 0}`
  await database.transaction(async (entities) => {
    const note = await noteOf(entities, key)
    const before = (note?.value as Kept | undefined)?.commands ?? []
    const commands = [...before, redact(text).replace(/\s+/g, ' ').slice(0, LONGEST)]
    await setNote(entities, {
      key,
      value: { place: { ...place, replyTo: null }, commands },
      at: note?.at ?? clock.now(),
    })
    if (updateId !== undefined) await removeFromInbox(entities, updateId)
  })
}

const tellAll = async ({ database }: Engine, outbox: Outbox): Promise<void> => {
  if ((await notesOf(database.read, NOTE)).length === 0) return
  const chats = await database.transaction(async (entities) => {
    const notes = await notesOf(entities, NOTE)
    for (const { key, value } of notes) {
      const { place, commands } = value as Kept
      await outbox.post(entities, { place, text: notRunText(commands), priority: 'result', silent: true })
      await removeNote(entities, key)
    }
    return notes.map(({ value }) => (value as Kept).place.chatId)
  })
  for (const chatId of chats) outbox.wake(chatId)
}

const notRunText = (commands: readonly string[]): RichText => {
  const shown = commands.slice(0, SHOWN).flatMap((text, index): Span[] => [index === 0 ? '' : ', ', code(text)])
  const more = commands.length > SHOWN ? ` and ${commands.length - SHOWN} more` : ''
  return [line('Not run, since I was away: ', ...shown, `${more}. Send again what is still wanted.`)]
}
