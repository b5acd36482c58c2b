import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redact, redactLines, Secret } from '../../deploy-engine/secret.ts'

const char = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abcAB01') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('"', '\\', '\n', ' ', '/', '+', '%', '&', '=', 'ż', '字', '🔑', '$', '.', '['),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
)
const word = fc.array(char, { minLength: 4, maxLength: 24 }).map((chars) => chars.join(''))

/** Some of them begin with, end with or hold another one. */
const secrets = fc
  .array(word, { minLength: 1, maxLength: 4 })
  .chain((words) =>
    fc
      .array(fc.tuple(fc.nat(words.length - 1), word, fc.boolean()), { maxLength: 3 })
      .map((more) => [...words, ...more.map(([at, rest, first]) => (first ? words[at] + rest : rest + words[at]))]),
  )

const forms = [
  (value: string) => value,
  (value: string) => encodeURIComponent(value.replace(/\p{Cs}/gu, '\ufffd')),
  (value: string) => JSON.stringify({ value }),
  (value: string) => value.split('\n').join('\n> '),
]

/** A text with secrets in it, in many forms, and others between them. */
const said = secrets.chain((values) => {
  const secret = fc.tuple(fc.constantFrom(...values), fc.constantFrom(...forms)).map(([value, form]) => form(value))
  const text = fc.array(fc.oneof(secret, word), { maxLength: 8 }).map((parts) => parts.join(' '))
  return text.map((text) => ({ values, text }))
})

const wholeOf = (value: string) => [
  forms[0]?.(value) ?? '',
  forms[1]?.(value) ?? '',
  JSON.stringify(value).slice(1, -1),
]

test('of no value anything is left, as it is, in a URL, in JSON or line by line, whatever else is there', () => {
  fc.assert(
    fc.property(said, ({ values, text }) => {
      const clean = redact(
        text,
        values.map((value) => new Secret(value)),
      )
      // A value may well be a part of what takes its place.
      const rest = clean.replaceAll('[secret]', '\0').replaceAll('[token]', '\0')
      for (const value of values) {
        for (const form of [...wholeOf(value), ...value.split('\n')]) {
          if (form.length >= 4 && !form.includes('\0')) expect(rest).not.toContain(form)
        }
      }
    }),
    { numRuns: 3000 },
  )
})

test('of a value that has another one in it nothing is left either', () => {
  const known = [new Secret('pass'), new Secret('password-of-many-words')]
  expect(redact('it is password-of-many-words', known)).toBe('it is [secret]')
})

test('a text without any of them stays as it is', () => {
  fc.assert(
    fc.property(word, fc.string({ unit: 'grapheme' }), (value, text) => {
      fc.pre(![...wholeOf(value), ...value.split('\n')].some((form) => form.length >= 4 && text.includes(form)))
      fc.pre(!/\d{6}/.test(text))
      expect(redact(text, [new Secret(value)])).toBe(text)
    }),
  )
})

const TOKEN = fc
  .tuple(fc.bigInt({ min: 10n ** 5n, max: 10n ** 10n }), fc.stringMatching(/^[A-Za-z0-9_-]{35}$/))
  .map(([id, rest]) => `${id}:${rest}`)

test('a token that nobody knows is found by its shape, wherever it stands', () => {
  fc.assert(
    fc.property(TOKEN, fc.constantFrom('bot', '"', '/bot', ' ', '=', '>'), (token, before) => {
      for (const form of [token, encodeURIComponent(token)]) {
        expect(redact(`see ${before}${form}/getMe`)).not.toContain(token.split(':')[1])
      }
    }),
  )
})

test('lines stay lines: a value of several is found in them', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 2, maxLength: 4 }), fc.array(word, { maxLength: 3 }), (parts, around) => {
      const value = parts.join('\n')
      const lines = [...around, ...value.split('\n'), ...around].map((text) => ({ text }))
      const clean = redactLines(lines, [new Secret(value)])
      expect(clean).toHaveLength(lines.length)
      const rest = clean.map(({ text }) => text.replaceAll('[secret]', '\0')).join('\n')
      for (const line of value.split('\n')) {
        if (line.length >= 4 && !line.includes('\0')) expect(rest).not.toContain(line)
      }
    }),
  )
})
