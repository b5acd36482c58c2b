/** `retry_after` in seconds. */
export type ErrorParameters = { retry_after?: number; migrate_to_chat_id?: number }

/** An answer of the Bot API that says no. The HTTP status is the code. */
export class ApiError extends Error {
  readonly code: number
  readonly parameters: ErrorParameters

  constructor(code: number, description: string, parameters: ErrorParameters = {}) {
    super(description)
    this.code = code
    this.parameters = parameters
  }
}

/** A 400 in Telegram's form: the first letter is lower-cased, unless it begins an upper-case name. */
export const badRequest = (message: string) => {
  const isName = /^.[A-Z_]/.test(message)
  return new ApiError(400, `Bad Request: ${isName ? message : message.charAt(0).toLowerCase() + message.slice(1)}`)
}
