import type { engineErrors } from './errors/table.ts'

/** Every code that there is. Who builds on the engine adds its own, by declaration merging. */
export interface Codes extends Record<keyof typeof engineErrors, unknown> {}

export type ErrorCode = keyof Codes

/**
 * An expected failure: said to the person in one line, without a stack. Everything else that is thrown is a bug.
 * `code` is stable and explained in errors/table.ts, `hint` is the next thing to type or do.
 */
export class TbsError extends Error {
  override readonly name = 'TbsError'
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, { hint, cause }: { hint?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
  }
}

/** The sentence of anything that was thrown, for use inside another message. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
