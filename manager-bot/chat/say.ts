import type { InlineKeyboardMarkup } from 'telegraf/types'
import type { Engine } from '../../deploy-engine/index.ts'
import type { Reply } from '../command.ts'
import type { Incoming } from './message.ts'
import type { Outbox } from './outbox.ts'
import { removeFromInbox } from './records/inbox.ts'

type Said = Pick<Reply, 'text' | 'document'> & { markup?: InlineKeyboardMarkup }

/**
 * Says what a command answered, and writes down that its update is done: both or none. After a kill before that the
 * command is carried out again, with the same result.
 */
export const say = async (
  { engine, outbox }: { engine: Engine; outbox: Outbox },
  { place, updateId, pressed, replaces }: Pick<Incoming, 'place' | 'updateId' | 'pressed' | 'replaces'>,
  { text, document, markup }: Said,
): Promise<void> => {
  const isSaid = text.length > 0 || document !== undefined
  const edit = replaces !== undefined && !document ? { edit: replaces } : {}
  const result = { place, priority: 'result' as const, silent: true }
  await engine.database.transaction(async (entities) => {
    if (isSaid) {
      const content = { text, ...(document && { document }), ...(markup && { markup }) }
      await outbox.post(entities, { ...result, ...content, ...edit })
    }
    const isReplaced = isSaid && edit.edit === pressed
    if (pressed !== undefined && !isReplaced) await outbox.post(entities, { ...result, text: [], edit: pressed })
    if (updateId !== undefined) await removeFromInbox(entities, updateId)
  })
  outbox.wake(place.chatId)
}
