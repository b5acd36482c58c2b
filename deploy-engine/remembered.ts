import type { Engine } from './ports.ts'

/**
 * Gives what `load` gave, as long as nothing was written to the database since: for what is asked again and again.
 * What another process writes shows after a second at most.
 */
export const remembered = <T>({ database }: Pick<Engine, 'database'>, load: () => Promise<T>): (() => Promise<T>) => {
  let known: { version: string; value: T } | undefined
  return async () => {
    // Asked first: what is written while it loads is found the next time.
    const version = await database.version()
    if (known?.version !== version) known = { version, value: await load() }
    return known.value
  }
}
