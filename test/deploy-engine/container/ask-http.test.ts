import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAnswer } from '../../../deploy-engine/container/ask-http.ts'

const answer = (text: string) => readAnswer(`answer ${Buffer.from(text).toString('hex')}\n`)

describe('what a web server said', () => {
  test.each([
    ['HTTP/1.1 200 OK\r\nA: b\r\n\r\nfine', { status: 200, body: 'fine' }],
    ['HTTP/1.0 503 Service Unavailable\r\n\r\n', { status: 503, body: '' }],
    ['HTTP/1.0 204 \n\n', { status: 204, body: '' }],
    ['HTTP/2 301 x\nLocation: /y\n\nmoved\n\nthere', { status: 301, body: 'moved\n\nthere' }],
    // It did not hang up, and the time was over.
    ['HTTP/1.1 200 OK\r\nA: b\r\n', { status: 200, body: '' }],
    ['SSH-2.0-OpenSSH\r\n', { problem: 'answered something that is not HTTP' }],
    ['', { problem: 'answered something that is not HTTP' }],
  ])('%j', (text, expected) => expect(answer(text)).toEqual(expected))
})

test('why it said nothing', () => {
  expect(readAnswer('late\n')).toEqual({ problem: 'gave no answer within 5 s' })
  expect(readAnswer('unreachable Connection refused\n')).toEqual({ problem: 'can’t be reached: Connection refused' })
})

test('a helper that did not end says nothing', () => {
  for (const output of ['', 'answer 4854', 'answers x\n']) expect(readAnswer(output)).toBeUndefined()
})

test('whatever a server sends is read at once', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void answer(`HTTP/1.1 200 ${text}`)))
  const began = performance.now()
  answer(`HTTP/1.1 200 ${'\r\n'.repeat(4000)}`)
  answer(`HTTP/1.1 200 x${'\r'.repeat(8000)}`)
  expect(performance.now() - began).toBeLessThan(200)
})
