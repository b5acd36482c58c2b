import type { DockerPort, LogLine } from '../../../deploy-engine/ports.ts'
import type { Call } from './call.ts'
import { isRunning } from './daemon.ts'

type LogPart = Pick<DockerPort, 'logs' | 'logLines' | 'followLogs'>

export const logPart = (call: Call): LogPart => ({
  logs: (id, { tail, sinceSeconds = 0, untilMs = Number.POSITIVE_INFINITY }) =>
    call(({ machines }) => {
      const output = machines.get(id)?.output ?? []
      const lines = output.filter(({ at }) => at >= sinceSeconds * 1000 && at <= untilMs)
      return lines.slice(-tail).reduce((all, { text }) => `${all}${text}\n`, '')
    }),

  logLines: (id, { tail, sinceMs }) =>
    call(({ machines }) => after(machines.get(id)?.output ?? [], sinceMs).slice(-tail)),

  followLogs: (id, { sinceMs, onLines }, signal) =>
    call(({ machines }, lost) => {
      const machine = machines.get(id)
      if (!machine) return undefined
      const past = after(machine.output, sinceMs)
      if (past.length > 0) onLines(past)
      if (!isRunning(machine)) return undefined
      const read = (line: LogLine) => onLines([line])
      machine.readers.add(read)
      return new Promise<void>((resolve, reject) => {
        machine.onExit.add(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
        lost.addEventListener('abort', () => reject(lost.reason), { once: true })
        if (signal.aborted) resolve()
      }).finally(() => machine.readers.delete(read))
    }),
})

const after = (lines: LogLine[], sinceMs = Number.NEGATIVE_INFINITY): LogLine[] =>
  lines.filter(({ at }) => at > sinceMs)
