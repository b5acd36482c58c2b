import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

export type Environment = Record<string, string | undefined>

/** Where the state is. In a file of its own, since the health check must not load what config.ts needs. */
export const dataDirOf = (env: Environment = process.env): string => resolve(env.TBS_DATA_DIR || '.tbs')

/** Whether somebody has said where the state is, or has begun one in this directory. */
export const hasState = (env: Environment = process.env): boolean => Boolean(env.TBS_DATA_DIR) || existsSync('.tbs')

/** For whoever hands parts of it on: the installer. */
export const environmentHere = (): Environment => process.env
