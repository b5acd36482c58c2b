import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as verbs from '../../deploy-engine/index.ts'
import { type Command, parametersOf } from '../../manager-bot/command.ts'
import { commands } from '../../manager-bot/commands/index.ts'
import { inputOf, splitWords } from '../../manager-bot/words.ts'

const named = (name: string): Command => {
  const found = commands.find((command) => command.name === name)
  if (!found) throw new Error(`no command ${name}`)
  return found
}

const read = (text: string) => {
  const [name = '', ...words] = splitWords(text)
  return inputOf(named(name), words, verbs)
}

/** What the person is told. */
const refusal = (text: string): { message: string; hint: string | undefined } => {
  try {
    const [name = ''] = splitWords(text)
    named(name).bind(read(text), verbs)
  } catch (error) {
    if (error instanceof verbs.TbsError) return { message: error.message, hint: error.hint }
    throw error
  }
  throw new Error(`${text} was taken`)
}

describe('words', () => {
  test('get their names from the usage', () => {
    expect(read('addbot echo-bot https://example.org/e.git main')).toEqual({
      name: 'echo-bot',
      repo: 'https://example.org/e.git',
      branch: 'main',
    })
    expect(read('logs echo-bot 50 --since 1h --grep "two words"')).toEqual({
      bot: 'echo-bot',
      lines: '50',
      since: '1h',
      grep: 'two words',
    })
  })

  test('an option may need no value', () => {
    expect(read('logs echo-bot —follow 50')).toEqual({ bot: 'echo-bot', follow: 'yes', lines: '50' })
  })

  test('as a phone writes them: dashes and quotes turned into others', () => {
    expect(read('logs echo-bot —since=1h –grep “two words”')).toEqual({
      bot: 'echo-bot',
      since: '1h',
      grep: 'two words',
    })
  })

  test.each([
    ['deploy echo-bot main extra', '/deploy takes 2 arguments at most'],
    ['bots now', '/bots takes no arguments'],
    ['logs echo-bot --lines 5', '/logs has no option --lines'],
    ['logs echo-bot --since', '--since needs a value'],
    ['logs echo-bot --follow=2m', '--follow takes no value'],
    ['deploy Echo', 'bot: a bot name is 2 to 31 lower-case letters, digits and dashes, and starts with a letter'],
    ['deploy echo-bot --upload-pack=x', '/deploy has no option --upload-pack'],
    ['deploy echo-bot a..b', 'ref: this is not a valid git ref'],
    ['logs echo-bot 0', 'lines: a number from 1 to 5000'],
    ['logs echo-bot 9999', 'lines: a number from 1 to 5000'],
    ['logs echo-bot --since yesterday', 'since: a time such as 90s, 15m, 1h or 2d'],
    ['rollback echo-bot newest', 'release: a release is a number such as v7'],
    ['addbot echo-bot ext::sh', 'repo: a repository URL starts with https://, ssh:// or git@host:'],
  ])('%s: what is wrong, and how it is used', (text, message) => {
    const { message: said, hint } = refusal(text)
    expect(said).toContain(message)
    expect(hint).toMatch(/^Usage: \/\w+/)
  })

  test('whatever is typed, a command takes it or says TbsError; nothing typed is repeated in full', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom(
        '../../etc',
        '-rf',
        '$(id)',
        '`id`',
        ';',
        'a\nb',
        '\u0000',
        '😀',
        'x'.repeat(10_000),
        '--since',
        '—',
      ),
    )
    const typed = fc.tuple(fc.constantFrom(...commands), fc.array(hostile, { maxLength: 6 }))
    fc.assert(
      fc.property(typed, ([command, words]) => {
        try {
          command.bind(inputOf(command, splitWords(words.join(' ')), verbs), verbs)
        } catch (error) {
          expect(error).toBeInstanceOf(verbs.TbsError)
          expect(String(error).length).toBeLessThan(400)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

test('each command has a name that Telegram takes, a readable usage and an example that works', () => {
  for (const command of commands) {
    expect(command.name).toMatch(/^[a-z0-9_]{1,32}$/)
    expect(command.summary.length).toBeLessThanOrEqual(256)
    const { positional, options } = parametersOf(command)
    const shown = [
      ...positional.map(({ name, required, rest }) => {
        const whole = rest ? `${name}…` : name
        return required ? `<${whole}>` : `[${whole}]`
      }),
      ...options.map(({ name, value }) => (value === undefined ? `[--${name}]` : `[--${name} <${value}>]`)),
    ]
    expect(shown.join(' ')).toBe(command.usage)
    command.bind(inputOf(command, splitWords(command.example), verbs), verbs)
  }
})
