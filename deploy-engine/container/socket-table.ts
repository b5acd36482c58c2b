/** What the sockets of a bot's network namespace tell of its polls. */
export type PollView = {
  /** Requests to the API root that have not been answered, and for how long. */
  open: { request: string; ms: number }[]
  /** The last request on each connection to the API root; its answer or the next request changes its name. */
  asked: string[]
  /** It accepts connections from outside of its container. */
  listens: boolean
}

/** And of all else that it does in the network. */
export type NetworkView = PollView & {
  /** Connections to the API root that stand. */
  api: Connection[]
  /** Local ports of connections to the API root that it closed within the last minute. */
  closed: number[]
  /** Connections that stand and that it has opened to others; `to` is their address and port. */
  others: (Connection & { to: string })[]
}

/** Times are counted back from the look. */
export type Connection = {
  port: number
  /** Bytes of its own that have arrived there. */
  sent: number
  sentMs: number
  /** Since data went through, either way. */
  quietMs: number
  /** Something is under way and has not arrived yet. */
  sending: boolean
  /** Since it waits for an answer; absent: it does not. */
  waitsMs?: number
}

type Socket = { state: number; localPort: number; remote: string; remotePort: number } & Traffic
type Traffic = {
  unacknowledged: number
  sentMs: number
  receivedMs: number
  acknowledgedMs: number
  roundTripUs: number
  sent: number
  received: number
}

const ESTABLISHED = 1
const LISTEN = 10

/** Reads what PROBE_SCRIPT printed; undefined when it could not ask the kernel. `port` is the API root's. */
export const readProbe = (output: string, port: number): NetworkView | undefined => {
  const lines = output.split('\n').map((line) => line.trim())
  if (!lines.includes('end')) return undefined
  const addresses = new Set(lines.flatMap((line) => /^address (\S+)$/.exec(line)?.[1] ?? []))
  const isApi = ({ remote, remotePort }: Peer) => remotePort === port && addresses.has(remote)
  const sockets = lines.flatMap(socketOf)
  const listening = sockets.filter(({ state }) => state === LISTEN)
  const served = new Set(listening.map(({ localPort }) => localPort))
  const toApi = sockets.filter(isApi)
  const standing = sockets.filter(({ state, localPort }) => state === ESTABLISHED && !served.has(localPort))
  return {
    open: toApi.filter(isOpen).map((socket) => ({ request: nameOf(socket), ms: socket.sentMs })),
    asked: toApi.filter(({ sent }) => sent > 1).map(nameOf),
    listens: listening.some(({ remote }) => isReachable(remote)),
    api: standing.filter(isApi).map(connectionOf),
    closed: lines
      .flatMap(closedOf)
      .filter(isApi)
      .map(({ localPort }) => localPort),
    others: standing
      .filter((socket) => !isApi(socket))
      .map((socket) => ({ ...connectionOf(socket), to: `${socket.remote}:${socket.remotePort}` })),
  }
}

type Peer = Pick<Socket, 'localPort' | 'remote' | 'remotePort'>

const socketOf = (line: string): Socket[] => {
  const [kind, state, localPort, remote = '', ...rest] = line.split(' ')
  const [remotePort, unacknowledged, sentMs, receivedMs, acknowledgedMs, roundTripUs, sent, received] = rest.map(Number)
  if (kind !== 'socket' || received === undefined) return []
  const times = { sentMs, receivedMs, acknowledgedMs, roundTripUs }
  const traffic = { unacknowledged, ...times, sent, received } as Traffic
  return [
    {
      state: Number(state),
      localPort: Number(localPort),
      remote: plain(remote),
      remotePort: remotePort ?? 0,
      ...traffic,
    },
  ]
}

const closedOf = (line: string): Peer[] => {
  const [kind, localPort, remote = '', remotePort] = line.split(' ')
  if (kind !== 'closed') return []
  return [{ localPort: Number(localPort), remote: plain(remote), remotePort: Number(remotePort) }]
}

const connectionOf = (socket: Socket): Connection => {
  const { localPort, sent, sentMs, receivedMs, unacknowledged } = socket
  const sending = unacknowledged > 0
  // The kernel sends again what nobody acknowledges.
  const quietMs = sending ? receivedMs : Math.min(sentMs, receivedMs)
  return { port: localPort, sent, sentMs, quietMs, sending, ...(isOpen(socket) && { waitsMs: sentMs }) }
}

const nameOf = ({ localPort, sent, received }: Socket): string => `${localPort}/${sent}/${received}`

// An IPv4 peer of a dual-stack socket.
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')

// Docker's own name server listens in each container.
const isReachable = (address: string): boolean => !/^127\.|^::1$/.test(address)

/**
 * The last data went out after the last that came in, and has arrived there. `sent` counts the SYN too; a connection
 * that is just opened gives the time of its opening as both times.
 */
const isOpen = (socket: Socket): boolean => {
  const { state, unacknowledged, sentMs, receivedMs, sent, received } = socket
  if (state !== ESTABLISHED || unacknowledged > 0 || sent <= 1) return false
  return received === 0 || sentMs < receivedMs || (sentMs === receivedMs && isSentLast(socket))
}

/** A tick of the kernel's clock is 10 ms at most. */
const TICK_US = 10_000
/** Linux holds an acknowledgement back for 40 to 200 ms, and sends none alone for what it answers sooner. */
const HELD_BACK_MS = 250

// Both within one tick: a request right after an answer, as in any loop of polls, or an answer that came at once.
const isSentLast = ({ sentMs, acknowledgedMs, roundTripUs }: Socket): boolean =>
  roundTripUs >= TICK_US || (acknowledgedMs < sentMs && sentMs - acknowledgedMs <= HELD_BACK_MS)
