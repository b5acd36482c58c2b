/** What the probe beside a container printed: addresses of the API root, the socket table, the interface counters. */
export type NetworkView = { connected: boolean; payloadSent: number }

const ESTABLISHED = '01'

/** Reads `getent ahosts`, /proc/net/tcp, /proc/net/tcp6 and /proc/net/dev, in any order of lines. */
export const readProbe = (output: string, port: number): NetworkView => {
  const lines = output.split('\n').map((line) => line.trim())
  const addresses = new Set(lines.flatMap((line) => hexOf(/^(\S+)\s+STREAM\b/.exec(line)?.[1] ?? '')))
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const connected = lines.some((line) => {
    const [slot = '', , remote = '', state] = line.split(/\s+/)
    const [address = '', remotePort] = remote.split(':')
    return /^\d+:$/.test(slot) && state === ESTABLISHED && remotePort === wanted && addresses.has(shortened(address))
  })
  return { connected, payloadSent: lines.reduce((sum, line) => sum + sentPayload(line), 0) }
}

// The kernel prints addresses as 32-bit words in the machine's byte order: little-endian on all that we run on.
const hexOf = (address: string): string[] => {
  const octets = address.split('.').map(Number)
  if (octets.length === 4) return [toHex(octets.reverse())]
  const words = expand(address)
  if (!words) return []
  const bytes = words.flatMap((word) => [word >> 8, word & 255])
  return [[0, 4, 8, 12].map((at) => toHex(bytes.slice(at, at + 4).reverse())).join('')]
}

const toHex = (bytes: number[]): string =>
  bytes.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('')

const expand = (address: string): number[] | undefined => {
  if (!address.includes(':')) return undefined
  const [head = '', tail] = address.split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const middle = tail === undefined ? 0 : 8 - left.length - right.length
  const words = [...left, ...Array<string>(Math.max(0, middle)).fill('0'), ...right]
  return words.length === 8 ? words.map((word) => Number.parseInt(word, 16)) : undefined
}

// An IPv4 peer of a dual-stack socket is written as ::ffff:a.b.c.d.
const shortened = (hex: string): string => hex.replace(/^0{16}FFFF0000(?=[0-9A-F]{8}$)/, '')

// Ethernet, IPv4 and TCP headers with timestamps: what a packet without payload has, such as a keep-alive.
const HEADERS = 66

const sentPayload = (line: string): number => {
  const [name = '', rest] = line.split(/:\s*/)
  const fields = rest?.trim().split(/\s+/) ?? []
  return /^(eth|en|veth)\w*$/.test(name) && fields.length >= 16 ? Number(fields[8]) - HEADERS * Number(fields[9]) : 0
}
