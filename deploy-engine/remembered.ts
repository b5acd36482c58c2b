import type { Engine } from './ports.ts'

/**
 * Gives what `load` gave, as long as nothing was written to the database since: for what is asked again and again. Who
 * asks while it loads waits for the same. What another process writes shows after two seconds at most.
 */
export const remembered = <T>({ database }: Pick<Engine, 'database'>, load: () => Promise<T>): (() => Promise<T>) => {
  let known: { version: string; value: Promise<T> } | undefined
  return async () => {
    // Asked first: what is written while it loads is found the next time.
    const version = await database.version()
    if (known?.version === version) return known.value
    const begun = { version, value: load() }
    known = begun
    return begun.value.catch((error) => {
      if (known === begun) known = undefined
      throw error
    })
  }
}
