import { createInterface } from 'node:readline'
import type Docker from 'dockerode'
import type { ContainerStats } from 'dockerode'
import type { ContainerEvent, DockerPort, Usage } from '../../ports.ts'
import { labelFilter } from './filters.ts'
import { ignoreStatus } from './status.ts'

type EventPart = Pick<DockerPort, 'events' | 'usage'>

const ACTIONS: readonly ContainerEvent['action'][] = ['start', 'die', 'oom', 'destroy']
const EVENTS = [...ACTIONS, 'health_status']

/** What Docker tells by itself of running containers, and what it measures of one. */
export const eventPart = (docker: Docker): EventPart => ({
  events: async ({ labels, sinceMs, onEvent }, signal) => {
    const filters = { type: ['container' as const], label: labelFilter(labels), event: EVENTS }
    const since = sinceMs === undefined ? {} : { since: sinceMs / 1000 }
    const stream = await docker.getEvents({ filters, ...since, abortSignal: signal }).catch((error) => {
      if (signal.aborted) return undefined
      throw error
    })
    if (!stream) return
    try {
      // One chunk may hold several of them.
      for await (const line of createInterface({ input: stream })) {
        const event = line === '' ? undefined : eventOf(JSON.parse(line))
        if (event && event.at > (sinceMs ?? 0)) onEvent(event)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
    if (!signal.aborted) throw new Error('Docker has ended its events')
  },

  usage: async (id) => {
    const options = { stream: false, 'one-shot': true } as const
    const found = await docker.getContainer(id).stats(options).catch(ignoreStatus(404, 409))
    return found && usageOf(found)
  },
})

type DockerEvent = {
  Action: string
  Actor: { ID: string; Attributes?: Record<string, string> }
  timeNano: number
}

const eventOf = ({ Action, Actor, timeNano }: DockerEvent): ContainerEvent | undefined => {
  const action = Action.startsWith('health_status') ? 'health' : ACTIONS.find((one) => one === Action)
  if (!action) return undefined
  const labels = Actor.Attributes ?? {}
  const code = Number(labels.exitCode)
  return {
    container: Actor.ID,
    action,
    at: Math.floor(timeNano / 1e6),
    labels,
    ...(action === 'die' && Number.isInteger(code) && { exitCode: code }),
  }
}

// Of a container that does not run there are only empty parts.
const usageOf = ({ cpu_stats, memory_stats, networks }: ContainerStats): Usage | undefined => {
  const { usage, limit, stats } = memory_stats
  if (usage === undefined) return undefined
  // Files that the kernel keeps in memory while there is room; by the name that cgroup v1, else v2, has for them.
  const cache = stats.total_inactive_file ?? stats.inactive_file ?? 0
  const interfaces = Object.values(networks ?? {})
  return {
    cpuNs: cpu_stats.cpu_usage.total_usage,
    memoryBytes: Math.max(0, usage - cache),
    memoryLimitBytes: limit,
    sentBytes: interfaces.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0),
    receivedBytes: interfaces.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
  }
}
