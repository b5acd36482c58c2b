import { messageOf, TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import { Interrupted } from './end-reasons.ts'

const LOOK_MS = 1_000

/** Does what has to be written down, again while nothing can be. Fails with Interrupted when the manager ends. */
export const whenWritable = async <T>(engine: Engine, work: () => Promise<T>): Promise<T> => {
  while (true) {
    try {
      return await work()
    } catch (error) {
      if (!cannotWrite(error)) throw error
      if (engine.running.ending) throw new Interrupted()
      engine.log.warn({ reason: messageOf(error) }, 'waiting until the state can be written down')
      await engine.clock.sleep(LOOK_MS)
    }
  }
}

/** Whether it is the disk or somebody's lock that keeps the database from being written. */
export const cannotWrite = (error: unknown): boolean => error instanceof TbsError && UNWRITABLE.includes(error.code)

const UNWRITABLE = ['disk_full', 'database_locked']
