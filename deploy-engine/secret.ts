import { inspect } from 'node:util'

/** A value that never shows itself: printing, logging and JSON give `[secret]`. Only `reveal()` gives it away. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

// No \b before it: in the address of an API call it follows the word "bot".
const TOKEN = /(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}/g

/** Removes bot tokens (by their shape) and the given values from a text that leaves the engine or is stored. */
export const redact = (text: string, known: readonly Secret[] = []): string => {
  let clean = text
  for (const secret of known) {
    const value = secret.reveal()
    if (value.length >= 4) clean = clean.replaceAll(value, '[secret]')
  }
  return clean.replace(TOKEN, '[token]')
}
