import type Docker from 'dockerode'
import { TbsError } from '../../error.ts'
import type { BuildRequest, DockerPort } from '../../ports.ts'

type Progress = { stream?: string; status?: string; id?: string; error?: string }

const CPU_PERIOD_US = 100_000

export const buildPart = (docker: Docker): Pick<DockerPort, 'build'> => ({
  build: async (request, onLine, signal) => {
    const stream = await docker.buildImage({ context: request.context, src: request.files }, optionsOf(request, signal))
    const error = await follow(docker, stream, onLine)
    signal.throwIfAborted()
    if (error) throw failure(error)
  },
})

// The classic builder: it enforces the memory and CPU caps, BuildKit ignores them.
const optionsOf = (request: BuildRequest, signal: AbortSignal) => ({
  t: request.tag,
  dockerfile: request.dockerfile,
  labels: request.labels,
  buildargs: request.args,
  memory: request.memoryBytes,
  memswap: request.memoryBytes,
  cpuperiod: CPU_PERIOD_US,
  cpuquota: request.cpus * CPU_PERIOD_US,
  rm: true,
  forcerm: true,
  abortSignal: signal,
})

const KILLED = 137
const SHOWN = 80

// The builder's sentence names a shell that nobody wrote; 137 is a killed process, as a rule by its memory cap.
const failure = (error: string): TbsError => {
  const [, command, code] = /^The command '(?:\/bin\/sh -c )?(.*)' returned a non-zero code: (\d+)$/s.exec(error) ?? []
  if (command === undefined) return new TbsError('build_failed', error)
  const short = command.length > SHOWN ? `${command.slice(0, SHOWN)}…` : command
  const message = `“${short}” ended with code ${code}`
  if (Number(code) !== KILLED) return new TbsError('build_failed', message)
  return new TbsError('build_failed', message, { hint: 'It was killed: the build may need more memory than its limit' })
}

// followProgress reports a failed build only in its last event, not as an error.
const follow = (docker: Docker, stream: NodeJS.ReadableStream, onLine: (line: string) => void) =>
  new Promise<string | undefined>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error: Error | null, events: Progress[] | null) => (error ? reject(error) : resolve(events?.at(-1)?.error)),
      (event: Progress) => {
        for (const line of linesOf(event)) onLine(line)
      },
    )
  })

const linesOf = ({ stream, status, id, error }: Progress): string[] => {
  const text = error ?? stream ?? (id ? undefined : status) ?? ''
  return text.split('\n').filter((line) => line.trim() !== '')
}
