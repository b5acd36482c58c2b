/** Does work on the same thing one after the other. */
export const inTurn = () => {
  const last = new Map<string, Promise<unknown>>()
  return async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const before = last.get(what) ?? Promise.resolve()
    const mine = before.then(work, work)
    last.set(what, mine)
    try {
      return await mine
    } finally {
      if (last.get(what) === mine) last.delete(what)
    }
  }
}
