/**
 * Does something under a signal of its own: what listens to one that lives as long as the process would pile up. With
 * `limitMs` that signal aborts after so long, with a TimeoutError. AbortSignal.timeout would wake the process after that
 * time also when the answer came long before.
 */
export const within = async <T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  limitMs?: number,
): Promise<T> => {
  const own = new AbortController()
  const abort = () => own.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  const timer = limitMs === undefined ? undefined : setTimeout(() => own.abort(tooLate()), limitMs).unref()
  try {
    return await work(own.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

const tooLate = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError')
