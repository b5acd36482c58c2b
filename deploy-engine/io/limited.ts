import { within } from '../within.ts'

/**
 * Does something under a signal that aborts after `ms`, with a TimeoutError, or with the given one. AbortSignal.timeout
 * would wake the process after that time also when the answer came long before.
 */
export const limited = <T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> =>
  within(signal, async (own, abort) => {
    const timer = setTimeout(() => abort(tooLate()), ms).unref()
    try {
      return await work(own)
    } finally {
      clearTimeout(timer)
    }
  })

const tooLate = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError')
