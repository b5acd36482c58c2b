import { describe, expect, test } from 'vitest'
import type { BotGlance, CheckUp } from '../../deploy-engine/index.ts'
import { detailLines } from '../../manager-bot/detail-text.ts'
import { checkUpText, glanceLine, hostLines, managerLines } from '../../manager-bot/health-text.ts'
import { requesterText } from '../../manager-bot/requester.ts'
import { toPlain } from '../../manager-bot/text/plain.ts'

const NOW = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const MIB = 1024 ** 2

const status = {
  bot: { id: 1, name: 'my-bot' },
  state: 'live',
  release: { number: 7 },
  container: {
    id: 'c',
    running: true,
    startedAt: NOW - 184 * MINUTE,
    finishedAt: 0,
    exitCode: 0,
    restarts: 0,
    outOfMemory: false,
  },
  operations: [],
  keptData: [],
}

const usage = {
  container: 'c',
  at: NOW,
  memoryBytes: 84 * MIB,
  memoryLimitBytes: 512 * MIB,
  cores: 0.0042,
  memoryShort: false,
}

const incident = {
  id: 3,
  kind: 'unhealthy',
  count: 4,
  firstAt: NOW - 5 * MINUTE,
  detail: { found: 'Its health check fails: http://localhost/ answered 503' },
}

/** Only what the texts are made of. */
const found = (more: object = {}): CheckUp =>
  ({
    status,
    at: NOW,
    waiting: { count: 0 },
    liveness: { state: 'idle', at: NOW, sign: { at: NOW - 12_000, what: 'was connected to the Bot API' } },
    polling: { at: NOW - 200, ok: true, found: 'a request to the Bot API has been open for 12.3 s' },
    proof: { at: NOW - 3 * 1440 * MINUTE, evidence: 'took 3 waiting updates' },
    usage,
    peak: { memoryBytes: 120 * MIB, cores: 0.81 },
    checks: [
      { at: NOW, ok: true, found: 'http://localhost/ answered 200' },
      { at: NOW - 22_000, ok: true, found: 'the image’s HEALTHCHECK passes' },
    ],
    incidents: [],
    deployed: { id: 12, requestedBy: 'telegram:42', endedAt: NOW - 3 * 60 * MINUTE },
    ...more,
  }) as unknown as CheckUp

const text = (more?: object) => toPlain(checkUpText(found(more)))

describe('a check-up', () => {
  test('of a bot that is well, each line with its age', () => {
    expect(text()).toBe(
      [
        'my-bot — live',
        '✓ Container: up 3 h 4 min, v7 · now',
        '✓ Polling: a request to the Bot API has been open for 12.3 s · now',
        '· Last proof: took 3 waiting updates · 3 d ago',
        '✓ Waiting updates: 0 · now',
        '✓ Taking updates: idle, was connected to the Bot API 12 s ago · now',
        '✓ Memory: 84 MB of 512 MB, at most 120 MB · now',
        '· Processor: 0.4 % of a core, at most 81 % · now',
        '✓ Health check: http://localhost/ answered 200 · now',
        '✓ Health check: the image’s HEALTHCHECK passes · 22 s ago',
        '✓ Incidents: none · now',
      ].join('\n'),
    )
  })

  test('of one that is not', () => {
    const container = { ...status.container, restarts: 3, exitCode: 137, finishedAt: NOW - 200 * MINUTE }
    const ill = text({
      status: { ...status, state: 'unproven', container },
      polling: { at: NOW, ok: false, found: 'it has no connection to the Bot API' },
      proof: undefined,
      waiting: { count: 12 },
      liveness: { state: 'deaf', at: NOW - 14_000, waiting: 12 },
      usage: { ...usage, memoryShort: true, memoryBytes: 500 * MIB },
      checks: [{ at: NOW, ok: false, found: 'http://localhost/ answered 503' }],
      incidents: [incident],
    })
    expect(ill).toBe(
      [
        'my-bot — running, unproven',
        '✓ Container: up 3 h 4 min, v7, 3 restarts, last exit code 137 3 h ago · now',
        '✗ Polling: it has no connection to the Bot API · now',
        '· Waiting updates: 12 · now',
        '✗ Taking updates: deaf: it runs and takes none · 14 s ago',
        '✗ Memory: 500 MB of 512 MB, nearly all of it for a while, at most 120 MB · now',
        '· Processor: 0.4 % of a core, at most 81 % · now',
        '✗ Health check: http://localhost/ answered 503 · now',
        '✗ Incident: unhealthy for 5 min, 4 times. Its health check fails: http://localhost/ answered 503',
      ].join('\n'),
    )
  })

  test.each([
    ['exited', '✗ Container: ended, exit code 1, v7, last exit code 1 5 min ago · now'],
    ['stopped', '· Container: stopped on request, v7 · now'],
    ['restarting', '✗ Container: restarting, last exit code 1, v7, last exit code 1 5 min ago · now'],
  ])('of one that is %s', (state, expected) => {
    const container = { ...status.container, running: false, exitCode: 1, finishedAt: NOW - 5 * MINUTE }
    const nothing = { usage: undefined, polling: undefined, proof: undefined, checks: [] }
    expect(text({ status: { ...status, state, container }, ...nothing }).split('\n')[1]).toBe(expected)
  })

  test.each([
    ['missing', '✗ Container: its container is gone · now'],
    ['not deployed', '· Container: not deployed · now'],
  ])('of one without a container: %s', (state, expected) => {
    expect(text({ status: { ...status, state, container: undefined } }).split('\n')[1]).toBe(expected)
  })

  test('without an answer of Telegram', () => {
    const waiting = { problem: 'Telegram does not answer' }
    expect(text({ waiting })).toContain('✗ Waiting updates: not known. Telegram does not answer · now')
  })
})

describe('a glance', () => {
  const glance = (more: object): string =>
    toPlain([glanceLine({ status, incidents: [], ...more } as unknown as BotGlance, NOW)])

  test('has what matters', () => {
    expect(glance({})).toBe('🟢 my-bot — live · v7 · up 3 h 4 min')
    expect(glance({ liveness: { state: 'busy', waiting: 12 } })).toMatch(/4 min · busy, 12 wait$/)
    expect(glance({ liveness: { state: 'deaf' } })).toMatch(/4 min · deaf$/)
    expect(glance({ usage })).toBe('🟢 my-bot — live · v7 · up 3 h 4 min · 84 MB')
    const bad = { usage: { ...usage, memoryShort: true }, check: { ok: false }, incidents: [incident, incident] }
    expect(glance(bad)).toMatch(/ · 84 MB, nearly all of its memory · its health check fails · 2 incidents$/)
    expect(glance({ check: { ok: true }, incidents: [incident] })).toMatch(/4 min · 1 incident$/)
  })
})

test('the server and the manager', () => {
  const host = {
    at: NOW,
    disk: { freeBytes: 34.2e9, totalBytes: 80e9 },
    memory: { availableBytes: 1.2 * 1024 * MIB, totalBytes: 4096 * MIB },
    load: { average: 0.42, cores: 2 },
  }
  expect(toPlain(hostLines({ ...host, docker: { version: '20.10.24' } }))).toBe(
    'Server\nDisk: 34.2 GB of 80.0 GB free\nMemory: 1.2 GB of 4 GB available\nLoad: 0.4 on 2 cores\n✓ Docker 20.10.24',
  )
  expect(toPlain(hostLines({ ...host, docker: { problem: 'Docker does not answer: x' } }))).toMatch(
    /✗ Docker does not answer: x$/,
  )
  const up = { running: true, since: NOW - 125 * MINUTE, redis: 'up' }
  expect(toPlain(managerLines(up, NOW))).toBe('✓ Redis\n✓ Manager: up 2 h 5 min')
  expect(toPlain(managerLines({ ...up, version: '0.1.0' }, NOW))).toBe('✓ Redis\n✓ Manager 0.1.0: up 2 h 5 min')
  expect(toPlain(managerLines({ running: false, redis: 'connect ENOENT' }, NOW))).toBe(
    '✗ Redis does not answer: connect ENOENT\n✗ No manager is running',
  )
})

test('what /status tells beside the state', () => {
  const lines = (more: object = {}) =>
    toPlain(detailLines(found(more), { people: [{ id: 42, name: '@olga', roles: [] }], now: NOW }))
  expect(lines()).toBe(
    'Memory 84 MB of 512 MB (at most 120 MB) · processor 0.4 % (at most 81 %)\n' +
      'No updates wait · idle, was connected to the Bot API 12 s ago\n' +
      'Deployed 3 h ago by @olga · #12',
  )
  const busy = { state: 'busy', at: NOW, sign: { at: NOW - 130_000, what: 'called the Bot API' } }
  const bare = { usage: undefined, deployed: undefined, incidents: [incident] }
  expect(lines({ ...bare, waiting: { count: 1 }, liveness: undefined })).toBe('1 update waits')
  expect(lines({ ...bare, waiting: { count: 12 }, liveness: busy })).toBe(
    '12 updates wait · busy with others, called the Bot API 2 min ago',
  )
  expect(lines({ waiting: { problem: 'Telegram does not answer' } })).toContain(
    'Waiting updates: not known. Telegram does not answer',
  )
})

test('who asked for something', () => {
  const people = [{ id: 42, name: '@olga', roles: [] }]
  expect(requesterText('telegram:42', people)).toBe('@olga')
  expect(requesterText('telegram:43', people)).toBe('43')
  expect(requesterText('terminal:root', people)).toBe('root in the terminal')
  expect(requesterText('manager', people)).toBe('the manager')
})
