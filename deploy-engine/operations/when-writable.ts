import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import { Interrupted } from './end-reasons.ts'

const LOOK_MS = 1_000

/** Does what has to be written down, again while the disk is full. Fails with Interrupted when the manager ends. */
export const whenWritable = async <T>(engine: Engine, work: () => Promise<T>): Promise<T> => {
  while (true) {
    try {
      return await work()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      if (engine.running.ending) throw new Interrupted()
      engine.log.warn({}, 'the disk is full: waiting for room to write the state down')
      await engine.clock.sleep(LOOK_MS)
    }
  }
}

export const isDiskFull = (error: unknown): boolean => error instanceof TbsError && error.code === 'disk_full'
