import type { Machine } from './daemon.ts'

export const API_ADDRESS = '10.9.8.7'
const API_HEX = '0708090A'
const API_PORTS = ['0050', '01BB', '1F90']
/** A poll is open: data was sent 6 s ago, and the last before that came in earlier. */
const OPEN_POLL = '0 6000 6020 5960 40000'

const HEADERS = 66
const REQUEST_BYTES = 300
const PACKETS = 2

/** /proc/net of a bot's network: what the kernel counts of a process that asks the Bot API. */
export const procNet = ({ process }: Machine, path: string): string | undefined => {
  const requests = process?.requests() ?? 0
  switch (path) {
    case '/proc/net/tcp':
      return `${TCP_HEAD}${process?.polls() ? API_PORTS.map(socket).join('') : ''}`
    case '/proc/net/tcp6':
      return TCP_HEAD
    case '/proc/net/dev': {
      const bytes = requests * (REQUEST_BYTES + PACKETS * HEADERS)
      return `${DEV_HEAD}  eth0: 900 9 0 0 0 0 0 0 ${bytes} ${requests * PACKETS} 0 0 0 0 0 0\n`
    }
    // What the probe's script tells of connections to the API root.
    case 'sockets':
      return API_PORTS.filter(() => process?.polls())
        .map(socketLine)
        .join('')
    default:
      return undefined
  }
}

const TCP_HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const DEV_HEAD = ' face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop\n'

const socketLine = (port: string, slot: number): string =>
  `socket 1 ${40_000 + slot} ${API_ADDRESS} ${Number.parseInt(port, 16)} ${OPEN_POLL} 700 900\n`

const socket = (port: string, slot: number): string =>
  `   ${slot}: 0200000A:B0D4 ${API_HEX}:${port} 01 00000000:00000000 00:00000000 00000000  1000        0 12345 1\n`
