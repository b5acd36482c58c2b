import { vi } from 'vitest'

const LIMIT_MS = 20_000

/** What `check` answers once it throws no longer. The limit is for what never comes: a busy machine takes its time. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, LIMIT_MS)
