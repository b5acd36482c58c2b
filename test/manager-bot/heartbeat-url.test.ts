import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Secret } from '../../deploy-engine/index.ts'
import { callHeartbeatUrl } from '../../manager-bot/heartbeat-url.ts'
import { quietLog } from '../helpers/engine.ts'
import { eventually } from '../helpers/eventually.ts'
import { fastClock } from '../helpers/fast-clock.ts'

const TIMES = 600
const MINUTE_MS = 60_000 / TIMES

let server: Server
let calls: { path: string; at: number }[]
let answer: (response: ServerResponse, request: IncomingMessage) => void
let entries: { fields: Record<string, unknown>; message: string }[]
let stop: AbortController
let ended: Promise<void>
let well: boolean

beforeEach(async () => {
  calls = []
  entries = []
  well = true
  answer = (response) => response.end('OK')
  server = createServer((request, response) => {
    calls.push({ path: request.url ?? '', at: performance.now() })
    answer(response, request)
  })
  await listen()
  stop = new AbortController()
})

afterEach(async () => {
  stop.abort()
  await ended
  await close()
})

const listen = (port = 0) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
const close = () =>
  new Promise<void>((resolve) => {
    server.closeAllConnections()
    server.close(() => resolve())
  })
const portOf = () => (server.address() as AddressInfo).port

const call = (path = '/5e0a-secret?key=also-secret') => {
  const write = (fields: Record<string, unknown>, message: string) => void entries.push({ fields, message })
  ended = callHeartbeatUrl(new Secret(`http://127.0.0.1:${portOf()}${path}`), {
    clock: fastClock(TIMES).engine,
    log: { info: write, warn: write, error: write },
    isWell: () => well,
    signal: stop.signal,
  })
}

const called = (count: number) => eventually(() => expect(calls.length).toBeGreaterThanOrEqual(count))
const said = () => entries.map(({ message }) => message)

test('is called at once and then every minute, as long as the manager is well', async () => {
  call()
  await called(6)
  expect(new Set(calls.map(({ path }) => path))).toEqual(new Set(['/5e0a-secret?key=also-secret']))
  const apart = calls.slice(1).map(({ at }, index) => at - (calls[index]?.at ?? 0))
  expect(Math.min(...apart)).toBeGreaterThan(MINUTE_MS * 0.9)
  expect(entries).toEqual([])

  well = false
  const before = calls.length
  await new Promise((resolve) => setTimeout(resolve, 5 * MINUTE_MS))
  expect(calls.length).toBeLessThanOrEqual(before + 1)
  well = true
  await called(before + 3)
})

test.each([
  ['an answer of 503', (response: ServerResponse) => void response.writeHead(503).end(), /^it answers 503$/],
  ['connections that are cut', (response: ServerResponse) => void response.destroy(), /./],
  [
    'a redirect that names the secret to nowhere',
    (response: ServerResponse, { url }: IncomingMessage) =>
      void response.writeHead(302, { location: `http://127.0.0.1:1${url}` }).end(),
    /./,
  ],
])('%s: one line, the calls go on, and one when it is over', async (_, fails, reason) => {
  answer = fails
  call()
  await called(5)
  await eventually(() => expect(said()).toEqual(['TBS_HEARTBEAT_URL does not answer, calling on every minute']))
  expect(entries[0]?.fields.reason).toMatch(reason)
  answer = (response) => response.end()
  await eventually(() => expect(said()[1]).toBe('TBS_HEARTBEAT_URL answers again'))
  expect(said()).toHaveLength(2)
  expect(JSON.stringify(entries)).not.toMatch(/5e0a-secret|also-secret/)
})

test('a server that is gone and comes back', async () => {
  call()
  await called(2)
  const port = portOf()
  await close()
  await eventually(() => expect(said()).toHaveLength(1))
  expect(entries[0]?.fields.reason).toContain('ECONNREFUSED')
  await listen(port)
  await eventually(() => expect(said()).toEqual([expect.anything(), 'TBS_HEARTBEAT_URL answers again']))
})

test('one that never answers holds up nothing that ends', async () => {
  answer = () => {}
  call()
  await called(1)
  stop.abort()
  await ended
  expect(entries).toEqual([])
})

test('what fetch says of a URL that it does not take is written down without the URL', async () => {
  ended = callHeartbeatUrl(new Secret(`http://user:5e0a-secret@127.0.0.1:${portOf()}/also-secret`), {
    clock: fastClock(TIMES).engine,
    log: { ...quietLog, warn: (fields, message) => entries.push({ fields, message }) },
    isWell: () => true,
    signal: stop.signal,
  })
  await eventually(() => expect(entries[0]?.fields.reason).toContain('credentials: [secret]'))
  expect(JSON.stringify(entries)).not.toMatch(/5e0a-secret|also-secret/)
})
