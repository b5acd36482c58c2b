import { Agent } from 'node:http'
import { inspect } from 'node:util'
import Docker from 'dockerode'

/** Longer than from one question of the watch to the next. */
const KEPT_MS = 30_000

/** Docker as DOCKER_HOST names it, else the local socket, whose connections are kept for the next question. */
export const openDocker = (): Docker => {
  const docker = new Docker()
  const isLocal = 'socketPath' in docker.modem
  if (isLocal) Object.assign(docker.modem, { agent: quietAgent() })
  return docker
}

// For a debug log that nobody reads, each request is printed with its agent, and all that hangs on it.
const quietAgent = (): Agent =>
  Object.assign(new Agent({ keepAlive: true, timeout: KEPT_MS }), { [inspect.custom]: () => 'kept connections' })
