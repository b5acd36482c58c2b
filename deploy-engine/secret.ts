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
 * Removes bot tokens (by their shape) and the given values, as they are, as a URL or JSON has them and line by line,
 * from a text that leaves the engine or is stored.
 */
export const redact = (text: string, known: readonly Secret[] = []): string => {
  let clean = text
  // The longest first: of a value that has another one in it nothing may be left.
  const forms = new Set(known.flatMap((secret) => formsOf(secret.reveal())))
  for (const form of [...forms].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(form, '[secret]')
  return clean.replace(TOKEN, '[token]')
}

const formsOf = (value: string): string[] =>
  [value, inUrl(value), JSON.stringify(value).slice(1, -1), ...value.split('\n')].filter(
    (form) => form.length >= SHORTEST,
  )

// Half a character can't be encoded.
const inUrl = (value: string): string => encodeURIComponent(value.replace(/\p{Cs}/gu, '\ufffd'))

/** The same for lines that are each to stay what they are: a secret of several lines is found line by line. */
export const redactLines = <T extends { text: string }>(lines: readonly T[], known: readonly Secret[]): T[] => {
  const texts = redact(lines.map(({ text }) => text).join(BETWEEN), known).split(BETWEEN)
  return lines.map((line, index) => ({ ...line, text: texts[index] ?? '' }))
}

// No line has the first, and no secret that is a variable the second.
const BETWEEN = '\n\0'
