import type { Connection, NetworkView } from '../../../../deploy-engine/container/socket-table.ts'

/** What a bot's program is like; times in ms since its start. */
export type ModelProgram = {
  /** How long it lets a poll wait, and whether its next request takes the same connection. */
  pollMs: number
  keepAlive: boolean
  /** Confirms what it took at once and goes on polling, while handlers work beside it. */
  threads: boolean
  tls: boolean
  handler: Handler
  pool: 'none' | 'idle' | 'beats' | 'blocks'
  healthServer: boolean
  /** From then on it takes nothing. */
  deaf?: { at: number; how: 'closes' | 'leaves it open' | 'in a handler' }
}

export type Handler = {
  ms: number
  /** What it does in that time. */
  by: 'nothing' | 'cpu' | 'calls' | 'waiting' | 'waiting by TLS' | 'database'
}

export type ModelBot = {
  /** Lets time pass up to then. */
  advance(to: number): void
  say(at: number): void
  restart(at: number): void
  startedAt(): number
  pending(): number
  usage(): { cpuNs: number; sentBytes: number }
  network(): NetworkView
  /** Arrival of the oldest update that it will never take; undefined: there is none yet. */
  lostSince(): number | undefined
}

type Wire = { port: number; sent: number; sentAt: number; receivedAt: number; waits: boolean }
type Update = { at: number; taken: boolean }

const API_WAY_MS = 30
const REQUEST_BYTES = 450
const CALL_EVERY_MS = 20_000
const HEARTBEAT_MS = 1_000
const BLOCKED_MS = 5_000
const QUERY_MS = 2_000
const HEALTH_MS = 3_000
const CLOSED_MS = 60_000
const STEP_MS = 100
const BASE_CPU = 0.001

/** One process, in steps of a tenth of a second: a loop of polls, handlers one after the other, and its sockets. */
export const modelBot = (program: ModelProgram, began: number): ModelBot => {
  let now = began
  let startedAt = began
  let nextPort = 40_000
  let updates: Update[] = []
  let cpuNs = 0
  let sentBytes = 0
  let api: Wire | undefined
  let pool: Wire | undefined
  let model: Wire | undefined
  let closed: { port: number; at: number }[] = []
  let poll: { since: number } | undefined
  let batch: Update[] = []
  let handling: { until: number; left: number } | undefined
  let isDeaf = false

  const request = (wire: Wire | undefined, waits = true): Wire => {
    const fresh = wire ?? { port: nextPort++, sent: 600, sentAt: now, receivedAt: now, waits }
    sentBytes += REQUEST_BYTES + (wire ? 0 : 600)
    // Behind the first request of a connection come TLS's tickets, which look like an answer.
    const hidden = program.tls && !wire
    const receivedAt = hidden ? now + 1 : fresh.receivedAt
    return { ...fresh, sent: fresh.sent + REQUEST_BYTES, sentAt: now, waits, receivedAt }
  }

  const callApi = () => {
    if (api && !program.keepAlive) closed.push({ port: api.port, at: now })
    api = request(program.keepAlive ? api : undefined)
  }

  const answered = () => {
    sentBytes += 66
    if (api) api = { ...api, receivedAt: now, waits: false }
  }

  const connectPool = () => {
    if (program.pool !== 'none') pool = { ...request(undefined, program.pool === 'blocks'), receivedAt: now }
  }
  connectPool()

  const turnDeaf = () => {
    isDeaf = true
    poll = undefined
    if (program.deaf?.how === 'closes') api = undefined
    if (program.deaf?.how !== 'in a handler') handling = undefined
  }

  const beginPoll = () => {
    for (const update of batch) updates.splice(updates.indexOf(update), 1)
    batch = []
    callApi()
    poll = { since: now }
  }

  const take = () => {
    answered()
    poll = undefined
    batch = updates.slice(0, 100)
    for (const update of batch) update.taken = true
    const { ms } = program.handler
    if (program.threads) {
      const count = batch.length
      beginPoll()
      if (ms > 0 && count > 0) handling = { until: now + ms, left: count }
      return
    }
    beginHandling(batch.length)
  }

  // One after the other; what it took is confirmed when all are done.
  const beginHandling = (left: number) => {
    handling = { until: now + program.handler.ms, left }
    if (program.handler.by === 'waiting' || program.handler.by === 'waiting by TLS') {
      model = { ...request(undefined), receivedAt: program.handler.by === 'waiting' ? now - 1 : now + 1 }
    }
  }

  const endHandling = () => {
    const { left = 0 } = handling ?? {}
    handling = undefined
    model = undefined
    if (program.handler.by !== 'database') {
      // It replies.
      callApi()
      answered()
    }
    if (left > 1) beginHandling(left - 1)
  }

  const work = () => {
    if (!handling) return
    const { by } = program.handler
    if (by === 'cpu') cpuNs += STEP_MS * 1e6 * 0.5
    if (by === 'calls' && Math.floor(now / CALL_EVERY_MS) !== Math.floor((now - STEP_MS) / CALL_EVERY_MS)) {
      callApi()
      answered()
    }
    if (by === 'database' && pool && now % QUERY_MS === 0) pool = { ...request(pool, false), receivedAt: now + 1 }
    if (now >= handling.until) endHandling()
  }

  const beside = () => {
    cpuNs += STEP_MS * 1e6 * BASE_CPU
    closed = closed.filter(({ at }) => now - at < CLOSED_MS)
    const { pool: kind, healthServer } = program
    if (pool && kind === 'beats' && now % HEARTBEAT_MS === 0) pool = { ...request(pool, false), receivedAt: now + 1 }
    if (pool && kind === 'blocks' && now % BLOCKED_MS === 0) pool = { ...request(pool), receivedAt: now - 1 }
    if (healthServer && now % HEALTH_MS === 0) sentBytes += 200
  }

  const step = () => {
    now += STEP_MS
    beside()
    const { deaf } = program
    const deafNow = deaf && now - startedAt >= deaf.at
    if (deafNow && !isDeaf && (deaf.how !== 'in a handler' || handling)) turnDeaf()
    if (isDeaf) return
    work()
    if (!program.threads && handling) return
    if (!poll) beginPoll()
    else if (updates.some(({ taken }) => !taken) && now - poll.since >= API_WAY_MS) take()
    else if (now - poll.since >= program.pollMs) {
      answered()
      beginPoll()
    }
  }

  const connectionOf = (wire: Wire): Connection => {
    const [sentMs, receivedMs] = [now - wire.sentAt, now - wire.receivedAt]
    const waits = wire.waits && wire.sentAt > wire.receivedAt
    const quietMs = Math.max(0, Math.min(sentMs, receivedMs))
    return { port: wire.port, sent: wire.sent, sentMs, quietMs, sending: false, ...(waits && { waitsMs: sentMs }) }
  }

  return {
    advance: (to) => {
      while (now + STEP_MS <= to) step()
    },
    say: (at) => {
      updates.push({ at, taken: false })
    },
    restart: (at) => {
      updates = updates.map((update) => ({ ...update, taken: false }))
      api = undefined
      pool = undefined
      model = undefined
      poll = undefined
      handling = undefined
      batch = []
      closed = []
      startedAt = at
      cpuNs = 0
      sentBytes = 0
      isDeaf = false
      connectPool()
    },
    startedAt: () => startedAt,
    pending: () => updates.length,
    usage: () => ({ cpuNs, sentBytes }),
    network: () => ({
      open: [],
      asked: [],
      listens: false,
      api: api ? [connectionOf(api)] : [],
      closed: closed.map(({ port }) => port),
      others: [
        ...(pool ? [{ ...connectionOf(pool), to: '10.0.0.5:5432' }] : []),
        ...(model ? [{ ...connectionOf(model), to: '203.0.113.7:443' }] : []),
      ],
    }),
    lostSince: () => (isDeaf ? updates[0]?.at : undefined),
  }
}
