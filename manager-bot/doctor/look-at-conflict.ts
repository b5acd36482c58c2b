import type { Engine, Seen } from '../../deploy-engine/index.ts'
import { managerState } from '../chat/manager-state.ts'
import { conflictSince } from '../chat/poll-conflict.ts'
import type { Config } from '../config.ts'
import { age } from '../text/duration.ts'

/** What the running manager knows of other programs that use its token. Nobody else could find out without polling. */
export const lookAtConflict = async (engine: Engine, config: Config): Promise<Seen> => {
  const [{ running, since = 0 }, conflictAt] = await Promise.all([
    managerState(engine, config),
    conflictSince(engine.database.read),
  ])
  if (!running) {
    return {
      state: 'warn',
      found: 'No manager is running, so nobody knows whether another program uses its token',
      consequence: 'Bots run on, but nobody watches them',
      fix: 'Start it: tbs-manager serve; its container by itself: docker start <instance>-manager',
    }
  }
  // One of before its start says nothing of now.
  if (conflictAt === undefined || conflictAt < since) {
    return { state: 'ok', found: 'No other program was seen with the manager’s token' }
  }
  return {
    state: 'bad',
    found: `Another program uses the manager’s token, first seen ${age(engine.clock.now() - conflictAt)}`,
    consequence: 'It takes some of what people send to the manager',
    fix: 'Stop it there, or get a new token from @BotFather for this manager and start it again',
  }
}
