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

// A shorter one would be found in words that have nothing to do with it.
const SHORTEST = 4

// No \b before it: in the address of an API call it follows the word "bot".
const TOKEN = /(?<!\d)\d{6,}(?::|%3A)[A-Za-z0-9_-]{30,}/gi

/**
 * Removes bot tokens (by their shape) and the given values, as they are, as a URL has them and line by line, from
 * a text that leaves the engine or is stored.
 */
export const redact = (text: string, known: readonly Secret[] = []): string => {
  let clean = text
  for (const secret of known) {
    for (const form of formsOf(secret.reveal())) clean = clean.replaceAll(form, '[secret]')
  }
  return clean.replace(TOKEN, '[token]')
}

const formsOf = (value: string): string[] =>
  [value, encodeURIComponent(value), ...value.split('\n')].filter((form) => form.length >= SHORTEST)
