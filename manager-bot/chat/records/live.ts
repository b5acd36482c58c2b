import type { Engine } from '../../../deploy-engine/index.ts'
import { notesOf, removeNote, setNote } from './note.ts'

/** A message that shows something live: for the next process, which does not. */
export type LiveMessage = { chatId: number; messageId: number; bot: string }

const PREFIX = 'live:'

const keyOf = ({ chatId, messageId }: Pick<LiveMessage, 'chatId' | 'messageId'>): string =>
  `${PREFIX}${chatId}:${messageId}`

export const keepLive = ({ database, clock }: Engine, message: LiveMessage): Promise<void> =>
  database.transaction((entities) => setNote(entities, { key: keyOf(message), value: message, at: clock.now() }))

export const forgetLive = ({ database }: Engine, at: Pick<LiveMessage, 'chatId' | 'messageId'>): Promise<void> =>
  database.transaction((entities) => removeNote(entities, keyOf(at)))

/** Those that were not forgotten. */
export const keptLive = async ({ database }: Engine): Promise<LiveMessage[]> =>
  (await notesOf(database.read, PREFIX)).map(({ value }) => value as LiveMessage)
