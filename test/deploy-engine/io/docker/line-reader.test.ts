import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineReader } from '../../../../deploy-engine/io/docker/line-reader.ts'
import type { LogLine } from '../../../../deploy-engine/ports.ts'

const frame = (stream: 1 | 2, payload: Buffer | string): Buffer => {
  const content = Buffer.from(payload)
  const header = Buffer.alloc(8)
  header.writeUInt8(stream)
  header.writeUInt32BE(content.length, 4)
  return Buffer.concat([header, content])
}

const STAMP = '2026-01-01T12:00:00.123456789Z'
const AT = Date.UTC(2026, 0, 1, 12) + 123.456789

const read = (chunks: readonly Buffer[]): LogLine[] => {
  const lines: LogLine[] = []
  const reader = lineReader((line) => lines.push(line))
  for (const chunk of chunks) reader.read(chunk)
  reader.end()
  return lines
}

const texts = (chunks: readonly Buffer[]): string[] => read(chunks).map(({ text }) => text)

test('a line has the time that Docker gives, below a millisecond too', () => {
  expect(read([frame(1, `${STAMP} a b\n`)])).toEqual([{ at: expect.closeTo(AT, 3), text: 'a b' }])
})

test('a line that Docker has cut is one line, also between two bytes of a letter, and beside the other stream', () => {
  const [first, second] = [Buffer.from('schön').subarray(0, 4), Buffer.from('schön\n').subarray(4)]
  const pieces = [
    frame(1, Buffer.concat([Buffer.from(`${STAMP} `), first])),
    frame(2, `${STAMP} oh\n`),
    frame(1, Buffer.concat([Buffer.from(`${STAMP} `), second])),
  ]
  expect(texts(pieces)).toEqual(['oh', 'schön'])
})

test('what has no end yet is a line at the end, and one that never ends becomes several', () => {
  expect(texts([frame(1, `${STAMP} prompt> `)])).toEqual(['prompt> '])
  const piece = frame(1, `${STAMP} ${'x'.repeat(16_000)}`)
  const lines = texts(Array.from({ length: 40 }, () => piece))
  expect(lines.length).toBeGreaterThan(1)
  expect(lines.join('')).toHaveLength(40 * 16_000)
})

test('frames come in whatever pieces the connection makes of them', () => {
  const whole = Buffer.concat(['one', '', 'three', 'ſ'].map((text) => frame(1, `${STAMP} ${text}\n`)))
  fc.assert(
    fc.property(fc.array(fc.nat({ max: whole.length }), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
      const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end))
      expect(texts(chunks)).toEqual(['one', '', 'three', 'ſ'])
    }),
  )
})
