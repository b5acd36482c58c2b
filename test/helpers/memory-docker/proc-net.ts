import type { Machine } from './daemon.ts'

export const API_ADDRESS = '10.9.8.7'

const HEADERS = 66
const REQUEST_BYTES = 300
const PACKETS = 2

/** What the kernel tells of a bot's network while its process asks the Bot API. */
export const procNet = ({ process }: Machine, path: string): string | undefined => {
  const requests = process?.requests() ?? 0
  switch (path) {
    case '/proc/net/dev': {
      const bytes = requests * (REQUEST_BYTES + PACKETS * HEADERS)
      return `${DEV_HEAD}  eth0: 900 9 0 0 0 0 0 0 ${bytes} ${requests * PACKETS} 0 0 0 0 0 0\n`
    }
    // What the probe's script tells of connections to the API root.
    case 'sockets':
      return socketLines(process)
    default:
      return undefined
  }
}

const DEV_HEAD = ' face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop\n'

// What was asked last is answered, unless it is a poll that waits.
const socketLines = (process: Machine['process']): string => {
  const asked = process?.askedMs()
  if (!process || asked === undefined) return ''
  const answered = process.polls() ? asked + 20 : Math.max(0, asked - 20)
  const times = `0 ${asked} ${answered} ${Math.max(0, asked - 40)} 40000`
  const sent = process.requests() * REQUEST_BYTES
  return `socket 1 40000 ${API_ADDRESS} 80 ${times} ${sent} ${sent}\n`
}
