import { describe, expect, test } from 'vitest'
import { readProbe } from '../../../deploy-engine/container/socket-table.ts'

const OPEN = 'socket 1 41394 172.17.0.1 8787 0 6100 6104 6100 50 812 300'
const read = (...lines: string[]) => readProbe(['address 172.17.0.1', ...lines, 'end', ''].join('\r\n'), 8787)

describe('the socket table', () => {
  test('shows a request to the API root that is not answered, and for how long', () => {
    expect(read(OPEN)).toEqual({
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

  test('shows that somebody listens', () => {
    expect(read('socket 10 8080 :: 0 0 0 0 0 0 0 0')?.listens).toBe(true)
  })

  test('is none when the kernel was not asked to the end', () => {
    expect(readProbe(`address 172.17.0.1\n${OPEN}\nsock_diag is refused\n`, 8787)).toBeUndefined()
  })
})
