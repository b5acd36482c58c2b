import { expect, test } from 'vitest'
import { parseHtml } from '../../telegram-sandbox/text/html.ts'
import { openWorld } from './world.ts'

test.each([
  ['<b>bold</b> and <strong>bold</strong>', 'bold and bold', ['bold', 'bold']],
  ['<i>a</i><em>b</em><u>c</u><ins>d</ins>', 'abcd', ['italic', 'italic', 'underline', 'underline']],
  ['<s>a</s><strike>b</strike><del>c</del>', 'abc', ['strikethrough', 'strikethrough', 'strikethrough']],
  ['<tg-spoiler>a</tg-spoiler><span class="tg-spoiler">b</span>', 'ab', ['spoiler', 'spoiler']],
  ['<code>a &lt; b</code>', 'a < b', ['code']],
  ['<blockquote>a</blockquote><blockquote expandable>b</blockquote>', 'ab', ['blockquote', 'expandable_blockquote']],
  ['<b>outer <i>inner</i></b>', 'outer inner', ['bold', 'italic']],
  ['<B>upper case</B>', 'upper case', ['bold']],
  ['<b></b>nothing', 'nothing', []],
  ['AT&T &amp; &quot;x&quot; &#65;&#x42; &nbsp;', 'AT&T & "x" AB &nbsp;', []],
])('%s', (source, text, types) => {
  const parsed = parseHtml(source)
  expect(parsed.text).toBe(text)
  expect(parsed.entities.map(({ type }) => type)).toEqual(types)
})

test('offsets count UTF-16 units', () => {
  expect(parseHtml('😀 <b>bold</b>').entities).toEqual([{ type: 'bold', offset: 3, length: 4 }])
})

test('a code block names its language', () => {
  const { entities } = parseHtml('<pre><code class="language-ts">let x</code></pre>')
  expect(entities).toEqual([{ type: 'pre', offset: 0, length: 5, language: 'ts' }])
})

test('a link keeps its address, and one that leads nowhere is left out', () => {
  const { text, entities } = parseHtml('<a href="https://example.org">a</a><a href="/x">b</a>')
  expect(text).toBe('ab')
  expect(entities).toEqual([{ type: 'text_link', offset: 0, length: 1, url: 'https://example.org/' }])
})

test.each([
  ['<b>open', `Can't find end tag corresponding to start tag "b"`],
  ['<div>x</div>', 'Unsupported start tag "div" at byte offset 0'],
  ['a < b', 'Unsupported start tag "" at byte offset 2'],
  ['if 1 <2', 'Unclosed start tag at byte offset 5'],
  ['<b>x</i>', 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'],
  ['x</b>', 'Unexpected end tag at byte offset 1'],
  ['é</b>', 'Unexpected end tag at byte offset 2'],
  ['<b>x</b', 'Unclosed end tag at byte offset 4'],
  ['<span>x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
  ['<a href>x</a>', 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'],
  ['<a ="x">x</a>', 'Empty attribute name in the tag "a" at byte offset 0'],
  ['<constructor>x', 'Unsupported start tag "constructor" at byte offset 0'],
])('%s is refused', (source, message) => {
  expect(() => parseHtml(source)).toThrow(message)
})

test('a bot sees the error in Telegram’s words', async () => {
  const { sandbox, olga, call } = await openWorld()
  const chat_id = sandbox.privateChat(olga.id, 'echo_bot')
  expect(await call('sendMessage', { chat_id, text: '<b>open', parse_mode: 'HTML' })).toEqual({
    ok: false,
    error_code: 400,
    description: `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"`,
  })
})
