import { cancelOperations, requestOperation } from '../../deploy-engine/index.ts'
import { restartDaemon } from '../helpers/memory-docker/run.ts'
import type { Meanwhile } from './commands.ts'
import type { MemoryManager } from './manager.ts'
import { BOT, type World } from './world.ts'

const DOCKER_AWAY_MS = 2_000

/**
 * Lets it come in between once, unless `over` aborts first; resolves when that is the end of the manager's process,
 * and with how it ends.
 */
export const comeBetween = (
  { what, step, edge, calls }: Meanwhile,
  manager: MemoryManager,
  { world, newBranch, over }: { world: World; newBranch: () => string; over: AbortSignal },
): Promise<'kill' | 'stop'> =>
  new Promise((resolve) => {
    const { engine, life, look } = manager
    const act = () => {
      switch (what) {
        case 'kill':
          life.die()
          return resolve(what)
        case 'stop':
          return resolve(what)
        case 'restart docker':
          return restartDaemon(world.daemon, DOCKER_AWAY_MS)
        case 'cancel':
          return void cancelOperations(engine, BOT).then(({ stopping }) => stopping.map(({ id }) => look(id)))
        case 'deploy another':
          return void requestOperation(engine, {
            bot: BOT,
            kind: 'deploy',
            args: { ref: newBranch() },
            requestedBy: 'test',
          }).then(({ operation }) => look(operation.id))
      }
    }
    const forget = engine.changes.listen((change) => {
      if (change.step !== step || change.edge !== edge) return
      forget()
      if (over.aborted) return
      if (calls === 0) act()
      else life.atEdge(calls, () => over.aborted || act())
    })
  })
