import type Docker from 'dockerode'
import type { DockerPort, LogLine } from '../../ports.ts'
import { demultiplex } from './demultiplex.ts'
import { lineReader } from './line-reader.ts'
import { ignoreStatus } from './status.ts'

type LogPart = Pick<DockerPort, 'logs' | 'logLines' | 'followLogs'>

/** What the processes of containers printed. */
export const logPart = (docker: Docker): LogPart => ({
  logs: async (id, { tail, sinceSeconds, untilMs }) => {
    const since = sinceSeconds === undefined ? {} : { since: sinceSeconds }
    const until = untilMs === undefined ? {} : { until: untilMs / 1000 }
    const options = { ...BOTH, follow: false, tail, ...since, ...until } as const
    const output = await docker.getContainer(id).logs(options).catch(ignoreStatus(404))
    return output ? demultiplex(output) : ''
  },

  logLines: async (id, { tail, sinceMs }) => {
    const options = { ...BOTH, follow: false, timestamps: true, tail, ...after(sinceMs) } as const
    const output = await docker.getContainer(id).logs(options).catch(ignoreStatus(404))
    const lines: LogLine[] = []
    const reader = lineReader((line) => lines.push(line))
    if (output) reader.read(output)
    reader.end()
    return lines
  },

  followLogs: async (id, { sinceMs, onLines }, signal) => {
    const options = { ...BOTH, follow: true, timestamps: true, ...after(sinceMs), abortSignal: signal } as const
    let lines: LogLine[] = []
    const reader = lineReader((line) => lines.push(line))
    const tell = () => {
      if (lines.length > 0) onLines(lines)
      lines = []
    }
    try {
      const stream = await docker.getContainer(id).logs(options).catch(ignoreStatus(404))
      for await (const chunk of stream ?? []) {
        reader.read(Buffer.from(chunk))
        tell()
      }
      reader.end()
      tell()
    } catch (error) {
      if (!signal.aborted) throw error
    }
  },
})

const BOTH = { stdout: true, stderr: true } as const

/** As much as a number of ms since the epoch is inexact by in JavaScript, and less than from one line to the next. */
const NEXT_NS = 500

/** Docker takes seconds with nine decimals, and gives what was printed from then on. */
const after = (ms: number | undefined): { since?: string } => {
  if (ms === undefined) return {}
  const seconds = Math.floor(ms / 1000)
  const ns = Math.min(Math.floor((ms - seconds * 1000) * 1e6) + NEXT_NS, 999_999_999)
  return { since: `${seconds}.${String(ns).padStart(9, '0')}` }
}
