/**
 * Does something under a signal of its own: what listens to one that lives as long as the process would pile up. It
 * aborts with the given one, or when `work` asks for it.
 */
export const within = async <T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal, abort: (reason: unknown) => void) => Promise<T>,
): Promise<T> => {
  const own = new AbortController()
  const abort = () => own.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  try {
    return await work(own.signal, (reason) => own.abort(reason))
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}
