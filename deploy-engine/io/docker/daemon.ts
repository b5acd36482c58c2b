import type Docker from 'dockerode'
import { z } from 'zod'
import type { DockerPort } from '../../ports.ts'

type DaemonPart = Pick<DockerPort, 'ping' | 'rootDirectory'>

const Info = z.object({ DockerRootDir: z.string() })

/** The daemon itself. */
export const daemonPart = (docker: Docker): DaemonPart => ({
  ping: async (signal) => {
    await ask(docker, '/_ping', signal)
  },
  rootDirectory: async (signal) => Info.parse(await ask(docker, '/info', signal)).DockerRootDir,
})

// The typed ping and info take no signal, and a daemon that hangs would be waited for without end.
const ask = (docker: Docker, path: string, abortSignal: AbortSignal): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const request = { path, method: 'GET', statusCodes: { 200: true, 500: 'server error' }, abortSignal }
    docker.modem.dial(request, (error, answer) => (error ? reject(error) : resolve(answer)))
  })
