import { describe, expect, test } from 'vitest'
import { readProbe } from '../../../deploy-engine/container/socket-table.ts'

const OPEN = 'socket 1 41394 172.17.0.1 8787 0 6100 6104 6100 50 812 300'
const read = (...lines: string[]) => readProbe(['address 172.17.0.1', ...lines, 'end', ''].join('\r\n'), 8787)

describe('the socket table', () => {
  test('shows a request to the API root that is not answered, and for how long', () => {
    expect(read(OPEN)).toMatchObject({
      open: [{ request: '41394/812/300', ms: 6100 }],
      asked: ['41394/812/300'],
      listens: false,
    })
  })

  test('shows the first request of a connection on which nothing came in yet', () => {
    expect(read('socket 1 41394 172.17.0.1 8787 0 6100 6100 6100 50 312 0')?.open).toHaveLength(1)
  })

  test('knows a request right after an answer by its acknowledgement, or by a long way', () => {
    const tie = (acknowledged: number, roundTrip: number) =>
      read(`socket 1 41394 172.17.0.1 8787 0 6100 6100 ${acknowledged} ${roundTrip} 812 300`)?.open
    expect(tie(6060, 50)).toHaveLength(1)
    expect(tie(6100, 40_000)).toHaveLength(1)
    expect(tie(6100, 50)).toEqual([])
    // A TCP keep-alive was acknowledged.
    expect(tie(100, 50)).toEqual([])
  })

  test.each([
    ['an answered request', 'socket 1 41394 172.17.0.1 8787 0 6104 6100 6104 50 812 300'],
    ['one that was answered within the same tick', 'socket 1 41394 172.17.0.1 8787 0 6100 6100 6100 50 812 300'],
    ['one that has not arrived', 'socket 1 41394 172.17.0.1 8787 1 6100 6104 6100 50 812 300'],
    ['a connection without a request', 'socket 1 41394 172.17.0.1 8787 0 6100 6100 6100 50 1 0'],
    ['another port', 'socket 1 41394 172.17.0.1 8080 0 6100 6104 6100 50 812 300'],
    ['another host', 'socket 1 41394 172.17.0.2 8787 0 6100 6104 6100 50 812 300'],
    ['a connection that is not established', 'socket 6 41394 172.17.0.1 8787 0 6100 6104 6100 50 812 300'],
  ])('does not count %s', (_, socket) => {
    expect(read(socket)?.open).toEqual([])
  })

  test('knows IPv6, also for an IPv4 peer of a dual-stack socket', () => {
    expect(read(OPEN.replace('172', '::ffff:172'))?.open).toHaveLength(1)
    expect(read('address 2001:db8::1', OPEN.replace('172.17.0.1', '2001:db8::1'))?.open).toHaveLength(1)
  })

  test('shows that somebody listens, but for those whom nobody outside reaches', () => {
    const listening = (address: string) => read(`socket 10 8080 ${address} 0 0 0 0 0 0 0 0 0`)?.listens
    expect(listening('::')).toBe(true)
    expect(listening('0.0.0.0')).toBe(true)
    // Docker's own name server is in each container.
    expect(listening('127.0.0.11')).toBe(false)
    expect(listening('::1')).toBe(false)
  })

  test('shows since when nothing moves on a connection to the API root, and what it has sent', () => {
    expect(read(OPEN)?.api).toEqual([
      { port: 41394, sent: 812, sentMs: 6100, quietMs: 6100, sending: false, waitsMs: 6100 },
    ])
    const answered = 'socket 1 41394 172.17.0.1 8787 0 6104 6100 6104 50 812 300'
    expect(read(answered)?.api).toEqual([{ port: 41394, sent: 812, sentMs: 6104, quietMs: 6100, sending: false }])
  })

  test('does not take for movement what the kernel sends again and nobody acknowledges', () => {
    const lost = 'socket 1 41394 172.17.0.1 8787 1 300 90000 90000 50 812 300'
    expect(read(lost)?.api).toMatchObject([{ quietMs: 90_000, sending: true }])
  })

  test('shows connections to the API root that were closed a moment ago', () => {
    expect(read('closed 41390 172.17.0.1 8787', 'closed 41391 172.17.0.9 8787', OPEN)?.closed).toEqual([41390])
  })

  test('shows connections to others, and which of them wait for an answer', () => {
    const idle = 'socket 1 50002 172.17.0.5 5432 0 9000 8990 8990 50 90 300'
    const waiting = 'socket 1 50004 ::ffff:203.0.113.7 443 0 4000 4100 3990 50 700 300'
    expect(read(idle, waiting, OPEN)?.others).toMatchObject([
      { to: '172.17.0.5:5432', port: 50002, sentMs: 9000 },
      { to: '203.0.113.7:443', port: 50004, waitsMs: 4000 },
    ])
    expect(read(idle)?.others[0]).not.toHaveProperty('waitsMs')
  })

  test('does not take those who ask its own server for others', () => {
    const server = 'socket 10 8080 :: 0 0 0 0 0 0 0 0'
    const client = 'socket 1 8080 ::ffff:172.17.0.9 52000 0 100 104 100 50 700 300'
    expect(read(server, client)?.others).toEqual([])
  })

  test('is none when the kernel was not asked to the end', () => {
    expect(readProbe(`address 172.17.0.1\n${OPEN}\nsock_diag is refused\n`, 8787)).toBeUndefined()
  })
})
