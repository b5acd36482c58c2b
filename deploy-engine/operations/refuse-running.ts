import type { EntityManager } from 'typeorm'
import { TbsError } from '../error.ts'
import type { Bot } from '../records/bot.ts'
import { unfinishedOperations } from '../records/operation.ts'

/**
 * An operation that has begun hides the secrets of its beginning from all that it writes down; it must not meet others.
 * Fails with `bot_busy`.
 */
export const refuseRunning = async (entities: EntityManager, bot: Bot): Promise<void> => {
  const running = (await unfinishedOperations(entities, bot.id)).find(({ state }) => state === 'running')
  if (!running) return
  throw new TbsError('bot_busy', `${bot.name} is busy: ${running.kind} #${running.id} is running`, {
    hint: `Wait for its end, or stop it with /cancel ${bot.name}`,
  })
}
