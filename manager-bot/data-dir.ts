import { resolve } from 'node:path'

export type Environment = Record<string, string | undefined>

/** Where the state is. In a file of its own, since the health check must not load what config.ts needs. */
export const dataDirOf = (env: Environment = process.env): string => resolve(env.TBS_DATA_DIR || '.tbs')
