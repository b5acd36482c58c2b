import type { DockerPort } from '../../../deploy-engine/ports.ts'
import { buildPart } from './build.ts'
import { callsOf } from './call.ts'
import { containerPart } from './containers.ts'
import type { Daemon } from './daemon.ts'
import { eventPart } from './events.ts'
import { imagePart } from './images.ts'
import { insidePart } from './inside.ts'
import { logPart } from './logs.ts'
import { networkPart } from './networks.ts'

/** One client of a daemon in memory; `gone` aborts when the client's process dies. */
export const connectMemory = (daemon: Daemon, gone: AbortSignal = new AbortController().signal): DockerPort => {
  const call = callsOf(daemon, gone)
  return {
    ping: () => call(() => undefined),
    rootDirectory: () => call(() => '/var/lib/docker'),
    ...buildPart(call, gone),
    ...imagePart(call),
    ...containerPart(call),
    ...eventPart(call),
    ...insidePart(call, gone),
    ...logPart(call),
    ...networkPart(call),
    version: () => call(() => '20.10.24'),
    apiVersion: () => call(({ apiVersion }) => apiVersion),
  }
}
