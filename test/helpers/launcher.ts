import { fileURLToPath } from 'node:url'

/** As a developer starts it: TypeScript, compiled while it is loaded. */
export const SOURCES = fileURLToPath(new URL('../../bin/tbs-manager.mjs', import.meta.url))

/**
 * As a server has it: the bundle that bundle-once.ts made of the same sources, which starts with a quarter of the work.
 * For stack traces of the sources instead, set the variable to the path of bin/tbs-manager.mjs.
 */
export const LAUNCHER = process.env.TBS_TEST_LAUNCHER ?? SOURCES
