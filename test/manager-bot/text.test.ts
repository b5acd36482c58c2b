import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closest } from '../../manager-bot/text/closest.ts'
import { age, duration, secondsOf } from '../../manager-bot/text/duration.ts'
import { toHtml } from '../../manager-bot/text/html.ts'
import { toPlain } from '../../manager-bot/text/plain.ts'
import { bold, code, command, fold, line, pre, prose, type RichText } from '../../manager-bot/text/rich-text.ts'
import { parseHtml } from '../../telegram-sandbox/text/html.ts'

describe('Telegram HTML', () => {
  test('escapes what people and logs write', () => {
    const text = [line('a < b & c > d ', bold('<i>'), ' ', code('x & y')), pre('</pre><b>no</b>')]
    expect(toHtml(text)).toBe(
      'a &lt; b &amp; c &gt; d <b>&lt;i&gt;</b> <code>x &amp; y</code>\n<pre>&lt;/pre&gt;&lt;b&gt;no&lt;/b&gt;</pre>',
    )
  })

  test('a command alone is a link that sends it, one with arguments is copied by a tap', () => {
    expect(toHtml([line(command('bots'), ' or ', command('deploy echo-bot'))])).toBe(
      '/bots or <code>/deploy echo-bot</code>',
    )
  })

  test('a path is code, and a command is none', () => {
    expect(toHtml([line(...prose("volume: /app/data, '/bin/sh -c x' and /logs my-bot 3/4"))])).toBe(
      "volume: <code>/app/data</code>, '<code>/bin/sh</code> -c x' and /logs my-bot 3/4",
    )
  })

  test('folded lines are there to be opened, and the first to go when there is no room', () => {
    const text = [line('live'), fold([line('one ', bold('b')), line('two')])]
    expect(toHtml(text)).toBe('live\n<blockquote expandable>one <b>b</b>\ntwo</blockquote>')
    expect(toHtml(text, 10)).toBe('live')
    expect(toPlain(text)).toBe('live\none b\ntwo')
  })

  test('takes out escape sequences, control characters and tricks with the direction of writing', () => {
    const log = '\u001b[31mred\u001b[0m \u001b]0;title\u0007plain\u0000\u0008 a\r\nb \u202eevil\u202c \ud800!'
    expect(toHtml([pre(log)])).toBe('<pre>red plain a\nb evil \ufffd!</pre>')
  })

  test('of a log that is too long the end is kept, in whole lines', () => {
    const log = Array.from({ length: 500 }, (_, index) => `line ${index} <&>`).join('\n')
    const html = toHtml([line('Failed'), pre(log), line('What to do')])
    expect(html).toMatch(/^Failed\n<pre>…\nline \d+ &lt;&amp;&gt;\n/)
    expect(html).toMatch(/\nline 499 &lt;&amp;&gt;<\/pre>\nWhat to do$/)
    const { text } = parseHtml(html)
    expect(text.length).toBeLessThanOrEqual(4096)
    expect(text.length).toBeGreaterThan(4000)
  })

  test('whatever is said, Telegram can parse it and it is within the limit', () => {
    const span = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }).map(bold),
      fc.string({ unit: 'binary', maxLength: 300 }).map(code),
      fc.string({ maxLength: 50 }).map(command),
    )
    const block = fc.oneof(
      fc.array(span, { maxLength: 5 }).map((spans) => line(...spans)),
      fc.string({ unit: 'binary', maxLength: 3000 }).map(pre),
    )
    fc.assert(
      fc.property(fc.array(block, { maxLength: 12 }), fc.integer({ min: 10, max: 4096 }), (text: RichText, limit) => {
        const parsed = parseHtml(toHtml(text, limit))
        expect(parsed.text.length).toBeLessThanOrEqual(limit)
        expect(parsed.text).not.toMatch(/\p{Cs}/u)
      }),
      { numRuns: 500 },
    )
  })
})

test('terminal text shows commands with the name of the program', () => {
  const text = [line('Then: ', command('deploy echo-bot')), pre('a\u001b[2Jb'), line(bold('bold'), ' ', code('code'))]
  expect(toPlain(text)).toBe('Then: tbs-manager deploy echo-bot\nab\nbold code')
})

test('time spans have two units at most', () => {
  const shown = [0, 840, 9_949, 9_950, 59_400, 125_000, 3_600_000, 11_040_000, 86_400_000, 180_000_000].map(duration)
  expect(shown).toEqual(['0.0 s', '0.8 s', '9.9 s', '10 s', '59 s', '2 min 5 s', '1 h', '3 h 4 min', '1 d', '2 d 2 h'])
})

test('times as people type them', () => {
  expect(['90s', '15m', '1h', '2d', '1', 'h', '1 h', '-1h', '1.5h', ''].map(secondsOf)).toEqual([
    90,
    900,
    3600,
    172_800,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('ages are in one unit, rounded down', () => {
  const minute = 60_000
  const ages = [0, 59_999, minute, 61_000, 59.9 * minute, 60 * minute, 23.9 * 60 * minute, 50 * 60 * minute]
  const shown = ['just now', 'just now', '1 min ago', '1 min ago', '59 min ago', '1 h ago', '23 h ago', '2 d ago']
  expect(ages.map(age)).toEqual(shown)
})

test('the closest command is suggested, and nothing that is too far away', () => {
  const names = ['deploy', 'rollback', 'status', 'logs']
  expect(['deplyo', 'rolback', 'stats', 'log', 'x', 'banana'].map((word) => closest(word, names))).toEqual([
    'deploy',
    'rollback',
    'status',
    'logs',
    undefined,
    undefined,
  ])
})
