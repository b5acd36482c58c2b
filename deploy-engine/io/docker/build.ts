import { IncomingMessage } from 'node:http'
import type Docker from 'dockerode'
import type { BuildRequest, DockerPort, FailedBuild } from '../../ports.ts'
import { packContext } from './build-context.ts'
import { readEvents } from './build-events.ts'
import { type BuildOutput, buildkitOutput, classicOutput } from './build-output.ts'
import { openSession } from './build-session.ts'

const CPU_PERIOD_US = 100_000

export const buildPart = (docker: Docker): Pick<DockerPort, 'build'> => ({
  build: async (request, onLine, signal) => {
    const output = request.buildkit ? buildkitOutput(onLine) : classicOutput(onLine)
    const session = request.buildkit ? await openSession(docker) : undefined
    try {
      const query = { ...queryOf(request), ...(session ? { version: '2', session: session.id } : capsOf(request)) }
      const failed = await follow(await post(docker, { request, query, signal }), output)
      if (failed) onLine({ step: '', stream: 'stderr', text: failed.reason })
      return failed
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      session?.close()
    }
  },
})

const queryOf = (request: BuildRequest) => ({
  t: request.tag,
  dockerfile: request.dockerfile,
  buildargs: request.args,
  ...(request.target !== undefined && { target: request.target }),
  rm: true,
  forcerm: true,
})

// Only the classic builder has them, BuildKit ignores them.
const capsOf = ({ memoryBytes, cpus }: BuildRequest) => ({
  memory: memoryBytes,
  memswap: memoryBytes,
  cpuperiod: CPU_PERIOD_US,
  cpuquota: Math.round(cpus * CPU_PERIOD_US),
})

type Call = { request: BuildRequest; query: Record<string, unknown>; signal: AbortSignal }

// Not docker.buildImage: that opens a session of its own for BuildKit.
const post = (docker: Docker, { request, query, signal }: Call): Promise<AsyncIterable<unknown>> =>
  new Promise((resolve, reject) => {
    const call = {
      path: '/build?',
      method: 'POST',
      file: packContext(request.context, request.files),
      options: query,
      abortSignal: signal,
      isStream: true,
      statusCodes: { 200: true, 400: 'bad request', 500: 'server error' },
    }
    docker.modem.dial(call, (error, answer) => {
      if (answer instanceof IncomingMessage) resolve(answer)
      else reject(error ?? new Error('Docker gave no answer to a build'))
    })
  })

// A failed build is an event like the others, the last one.
const follow = async (stream: AsyncIterable<unknown>, output: BuildOutput): Promise<FailedBuild | undefined> => {
  let reason: string | undefined
  try {
    for await (const event of readEvents(stream)) {
      output.add(event)
      reason = event.error ?? reason
    }
  } finally {
    output.end()
  }
  return reason === undefined ? undefined : { reason, step: output.failedStep() }
}
