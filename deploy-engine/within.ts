/** Does something under a signal of its own: what listens to one that lives as long as the process would pile up. */
export const within = async <T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const own = new AbortController()
  const abort = () => own.abort(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await work(own.signal)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
