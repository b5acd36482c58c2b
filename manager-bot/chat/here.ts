import { type Engine, TbsError } from '../../deploy-engine/index.ts'
import type { Here } from '../command.ts'
import type { Incoming } from './message.ts'
import { bindPlace, boundPlaceOf, unbindPlace, WHOLE_CHAT } from './records/bound-place.ts'

/** The group or topic in which something was said, to be bound or let go. */
export const hereOf = (
  { database, clock }: Engine,
  { place, personId, title = 'this group' }: Incoming,
  onChange: () => void,
): Here => {
  const { chatId } = place
  const threadId = place.threadId ?? WHOLE_CHAT
  return {
    bind: async () => {
      await database.transaction(async (entities) => {
        const bound = await boundPlaceOf(entities, chatId, place.threadId)
        if (bound && bound.threadId !== threadId) throw wholeGroup('To have me in this topic alone')
        await bindPlace(entities, { chatId, threadId, title, boundBy: personId, createdAt: clock.now() })
      })
      onChange()
      return title
    },
    unbind: async () => {
      const unbound = await database.transaction(async (entities) => {
        const done = await unbindPlace(entities, chatId, threadId)
        if (!done && (await boundPlaceOf(entities, chatId, place.threadId))) throw wholeGroup('To end that')
        return done
      })
      if (!unbound) throw new TbsError('not_bound', 'I take no commands here as it is')
      onChange()
      return title
    },
  }
}

const wholeGroup = (wish: string): TbsError =>
  new TbsError('bound', 'I take commands in all of this group', { hint: `${wish}: /here off in General` })
