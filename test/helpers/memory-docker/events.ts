import type { ContainerEvent, DockerPort } from '../../../deploy-engine/ports.ts'
import type { Call } from './call.ts'
import { type Daemon, hasLabels, isRunning } from './daemon.ts'

type EventPart = Pick<DockerPort, 'events' | 'usage'>

/** So many does Docker remember. */
const REMEMBERED = 256

const MIB = 1024 ** 2

export const eventPart = (call: Call): EventPart => ({
  events: ({ labels, sinceMs, onEvent }, signal) =>
    call((daemon, lost) => {
      const tell = (event: ContainerEvent) => {
        if (hasLabels(event.labels, labels)) onEvent(event)
      }
      if (sinceMs !== undefined) for (const event of daemon.events) if (event.at > sinceMs) tell(event)
      daemon.listeners.add(tell)
      return new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
        lost.addEventListener('abort', () => reject(lost.reason), { once: true })
        if (signal.aborted) resolve()
      }).finally(() => daemon.listeners.delete(tell))
    }),

  usage: (id) =>
    call(({ machines, clock }) => {
      const machine = machines.get(id)
      if (!machine || !isRunning(machine)) return undefined
      const sent = (machine.process?.requests() ?? 0) * 300
      const memoryBytes = (machine.image.behaviour.usesMb ?? 30) * MIB
      const counters = { cpuNs: (clock.now() - machine.startedAt) * 1000, sentBytes: sent, receivedBytes: sent }
      return { ...counters, memoryBytes, memoryLimitBytes: 512 * MIB }
    }),
})

/** Tells whoever listens, and keeps it for those who ask later. */
export const tellEvent = (
  daemon: Daemon,
  machine: { id: string; spec: { labels: ContainerEvent['labels'] } },
  what: Pick<ContainerEvent, 'action' | 'exitCode'>,
): void => {
  const event = { container: machine.id, at: daemon.clock.now(), labels: machine.spec.labels, ...what }
  daemon.events.push(event)
  if (daemon.events.length > REMEMBERED) daemon.events.shift()
  for (const tell of [...daemon.listeners]) tell(event)
}
