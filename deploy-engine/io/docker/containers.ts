import type Docker from 'dockerode'
import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode'
import { TbsError } from '../../error.ts'
import type { Container, ContainerSpec, DockerPort } from '../../ports.ts'
import { labelFilter } from './filters.ts'
import { hasStatus, ignoreStatus } from './status.ts'

type ContainerPart = Pick<
  DockerPort,
  | 'createContainer'
  | 'container'
  | 'containers'
  | 'start'
  | 'stop'
  | 'kill'
  | 'pause'
  | 'unpause'
  | 'wait'
  | 'removeContainer'
  | 'setRestart'
>

export const containerPart = (docker: Docker): ContainerPart => ({
  createContainer: async (spec) => {
    // A container that does not run is connected to whatever name is given; its start would fail, after the old one's
    // stop.
    for (const name of spec.extraNetworks) await docker.getNetwork(name).inspect().catch(nameMissing(name))
    const container = await docker.createContainer(createOptions(spec))
    for (const name of spec.extraNetworks) await docker.getNetwork(name).connect({ Container: container.id })
    return container.id
  },

  container: async (id) => {
    const found = await docker.getContainer(id).inspect().catch(ignoreStatus(404))
    return found && containerOf(found)
  },

  containers: async (labels) => {
    const found = await docker.listContainers({ all: true, filters: { label: labelFilter(labels) } })
    return found.map(({ Id, Names, Labels, State }) => ({
      id: Id,
      name: (Names[0] ?? '').replace(/^\//, ''),
      labels: Labels,
      running: ['running', 'restarting', 'paused'].includes(State),
      paused: State === 'paused',
    }))
  },

  // 304: it runs already, or is stopped already, which is the goal.
  start: async (id) => {
    await docker.getContainer(id).start().catch(ignoreStatus(304))
  },

  stop: async (id, graceSeconds, signal) => {
    const container = docker.getContainer(id)
    // Should it not help, the stop's own SIGKILL follows.
    const hurry = () => void container.kill().catch(() => {})
    signal?.addEventListener('abort', hurry, { once: true })
    if (signal?.aborted) hurry()
    try {
      await unpause(docker, id)
      await container.stop({ t: graceSeconds }).catch(ignoreStatus(304, 404))
    } finally {
      signal?.removeEventListener('abort', hurry)
    }
  },

  // 409: it isn't running.
  kill: async (id) => {
    await docker.getContainer(id).kill().catch(ignoreStatus(404, 409))
  },

  // 409: it does not run, or is paused already.
  pause: async (id) => {
    await docker.getContainer(id).pause().catch(ignoreStatus(404, 409))
    return isPaused(docker, id)
  },

  unpause: (id) => unpause(docker, id),

  wait: async (id, signal) => {
    const { StatusCode } = await docker.getContainer(id).wait({ condition: 'not-running', abortSignal: signal })
    return StatusCode
  },

  // 409: its removal is under way.
  removeContainer: async (id) => {
    await docker.getContainer(id).remove({ force: true, v: true }).catch(ignoreStatus(404, 409))
  },

  setRestart: async (id, policy) => {
    await docker.getContainer(id).update({ RestartPolicy: { Name: policy } })
  },
})

const unpause = async (docker: Docker, id: string): Promise<void> => {
  // Docker has an error of its own, and no status for it, where nothing is paused.
  if (await isPaused(docker, id)) await docker.getContainer(id).unpause().catch(ignoreStatus(404))
}

const isPaused = async (docker: Docker, id: string): Promise<boolean> =>
  (await docker.getContainer(id).inspect().catch(ignoreStatus(404)))?.State.Paused ?? false

const createOptions = (spec: ContainerSpec): ContainerCreateOptions => ({
  name: spec.name,
  Image: spec.image,
  ...(spec.entrypoint && { Entrypoint: [...spec.entrypoint] }),
  ...(spec.command && { Cmd: [...spec.command] }),
  ...(spec.user !== undefined && { User: spec.user }),
  Env: Object.entries(spec.env).map(([key, value]) => `${key}=${typeof value === 'string' ? value : value.reveal()}`),
  Labels: spec.labels,
  ExposedPorts: Object.fromEntries(spec.ports.map((port) => [portOf(port).container, {}])),
  HostConfig: {
    NetworkMode: spec.network,
    ExtraHosts: spec.extraHosts,
    Mounts: spec.mounts.map(({ volume, path, bare = false }) => ({
      Type: 'volume',
      Source: volume,
      Target: path,
      VolumeOptions: { NoCopy: bare, Labels: {}, DriverConfig: { Name: '', Options: {} } },
    })),
    PortBindings: Object.fromEntries(
      spec.ports.map((port) => [portOf(port).container, [{ HostIp: portOf(port).ip, HostPort: portOf(port).host }]]),
    ),
    Memory: spec.memoryBytes,
    MemorySwap: spec.memoryBytes,
    NanoCpus: Math.round(spec.cpus * 1e9),
    PidsLimit: spec.pids,
    CapDrop: spec.capDrop,
    CapAdd: spec.capAdd,
    SecurityOpt: ['no-new-privileges'],
    Init: true,
    RestartPolicy: { Name: 'no' },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
  },
})

const nameMissing = (network: string) => (error: unknown) => {
  if (!hasStatus(error, 404)) throw error
  throw new TbsError('unknown_network', `There is no Docker network named ${network}`, {
    hint: 'Create it, or correct run.networks in tbs.yaml',
    cause: error,
  })
}

/** `8080`, `8080:80`, `127.0.0.1:8080:80`, each with `/udp` if wanted. */
const portOf = (port: string): { ip: string; host: string; container: string } => {
  const [address = '', protocol = 'tcp'] = port.split('/')
  const parts = address.split(':')
  const inner = parts.at(-1) ?? ''
  return { ip: parts.at(-3) ?? '', host: parts.at(-2) ?? inner, container: `${inner}/${protocol}` }
}

const containerOf = (found: ContainerInspectInfo): Container => ({
  id: found.Id,
  name: found.Name.replace(/^\//, ''),
  labels: found.Config.Labels ?? {},
  running: found.State.Running,
  restarting: found.State.Restarting,
  paused: found.State.Paused,
  startedAt: timeOf(found.State.StartedAt),
  finishedAt: timeOf(found.State.FinishedAt),
  exitCode: found.State.ExitCode,
  outOfMemory: found.State.OOMKilled,
  error: found.State.Error,
  restarts: found.RestartCount,
  health: healthOf(found),
  ...lastCheckOf(found),
  restart: restartOf(found.HostConfig.RestartPolicy?.Name),
  workdir: found.Config.WorkingDir || '/',
})

// Docker writes year 1 for "never".
const timeOf = (text: string): number => Math.max(0, Date.parse(text) || 0)

const healthOf = (found: ContainerInspectInfo): Container['health'] => {
  const status = found.State.Health?.Status
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none'
}

const lastCheckOf = (found: ContainerInspectInfo): Pick<Container, 'lastCheck'> => {
  // Null until it is asked for the first time.
  const last = found.State.Health?.Log?.at(-1)
  return last ? { lastCheck: { at: timeOf(last.End), exitCode: last.ExitCode, output: last.Output } } : {}
}

const restartOf = (name: string | undefined): Container['restart'] => {
  if (name === undefined || name === '' || name === 'no') return 'no'
  return name === 'unless-stopped' ? name : 'other'
}
