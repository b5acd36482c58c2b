import type { Log } from '../../deploy-engine/index.ts'

/** Strangers get silence. The log tells of them at their 1st, 10th, 100th … message, so that a flood can't fill it. */
export const strangerCount = (log: Log): ((personId: number) => void) => {
  let count = 0
  let next = 1
  return (personId) => {
    count += 1
    if (count < next) return
    next *= 10
    log.info({ person: personId, messages: count }, 'messages of strangers were ignored')
  }
}
