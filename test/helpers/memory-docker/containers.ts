import { TbsError } from '../../../deploy-engine/index.ts'
import type { ContainerSpec, DockerPort, Owner } from '../../../deploy-engine/ports.ts'
import type { Call } from './call.ts'
import {
  type Daemon,
  hasLabels,
  inspect,
  isRunning,
  type Machine,
  type MachineSpec,
  type MemoryImage,
} from './daemon.ts'
import { tellEvent } from './events.ts'
import { imageOf } from './images.ts'
import { refused } from './refused.ts'
import { killMachine, run, stopMachine, thaw } from './run.ts'

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

const CREATE_MS = 60
const START_MS = 250
const KILL_MS = 40
const PAUSE_MS = 20

export const containerPart = (call: Call): ContainerPart => ({
  createContainer: async (spec) => {
    for (const name of spec.extraNetworks) await call((daemon) => refuseUnknown(daemon, name))
    return call((daemon) => create(daemon, spec).id, CREATE_MS)
  },

  container: (id) =>
    call(({ machines }) => {
      const machine = machines.get(id)
      return machine && inspect(machine)
    }),

  containers: (labels) =>
    call(({ machines }) =>
      [...machines.values()]
        .filter(({ spec }) => hasLabels(spec.labels, labels))
        .map((machine) => ({
          id: machine.id,
          name: machine.spec.name,
          labels: machine.spec.labels,
          running: isRunning(machine),
          paused: machine.paused,
        })),
    ),

  start: (id) => call((daemon) => start(daemon, machineOf(daemon, id)), START_MS),

  stop: (id, graceSeconds, signal) =>
    call((daemon) => {
      const machine = daemon.machines.get(id)
      if (!machine || !isRunning(machine)) return
      thaw(machine)
      const kill = () => killMachine(daemon, machine)
      signal?.addEventListener('abort', kill, { once: true })
      return stopMachine(daemon, machine, graceSeconds).finally(() => signal?.removeEventListener('abort', kill))
    }),

  kill: (id) =>
    call((daemon) => {
      const machine = daemon.machines.get(id)
      if (machine) killMachine(daemon, machine)
    }, KILL_MS),

  pause: (id) =>
    call(({ machines }) => {
      const machine = machines.get(id)
      if (machine?.state === 'running') machine.paused = true
      return machine?.paused ?? false
    }, PAUSE_MS),

  unpause: (id) =>
    call(({ machines }) => {
      const machine = machines.get(id)
      if (machine) thaw(machine)
    }, PAUSE_MS),

  wait: (id, signal) =>
    call((daemon, lost) => {
      const machine = machineOf(daemon, id)
      return isRunning(machine) ? exitOf(machine, AbortSignal.any([signal, lost])) : machine.exitCode
    }),

  removeContainer: (id) =>
    call((daemon) => {
      const machine = daemon.machines.get(id)
      if (!machine) return
      killMachine(daemon, machine)
      daemon.machines.delete(id)
      tellEvent(daemon, machine, { action: 'destroy' })
    }, KILL_MS),

  setRestart: (id, policy) =>
    call((daemon) => {
      machineOf(daemon, id).restart = policy
    }),
})

export const machineOf = ({ machines }: Daemon, id: string): Machine => {
  const machine = machines.get(id)
  if (!machine) throw refused(404, `No such container: ${id}`)
  return machine
}

export const create = (daemon: Daemon, spec: MachineSpec, beside?: string): Machine => {
  const image = imageOf(daemon, spec.image)
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(spec.name)) throw refused(400, `Invalid container name (${spec.name})`)
  if ([...daemon.machines.values()].some((other) => other.spec.name === spec.name)) {
    throw refused(409, `Conflict. The container name "/${spec.name}" is already in use`)
  }
  for (const mount of spec.mounts) mountVolume(daemon, image, mount)
  const machine: Machine = {
    id: daemon.newId(),
    image,
    spec,
    ...(beside !== undefined && { beside }),
    state: 'created',
    paused: false,
    frozen: [],
    startedAt: 0,
    finishedAt: 0,
    exitCode: 0,
    outOfMemory: false,
    restarts: 0,
    starts: 0,
    quick: 0,
    restart: 'no',
    stoppedByHand: false,
    health: image.behaviour.health ? 'starting' : 'none',
    ...(image.behaviour.answers && { answers: image.behaviour.answers }),
    output: [],
    readers: new Set(),
    files: new Map(),
    changes: new Map(),
    onExit: new Set(),
  }
  daemon.machines.set(machine.id, machine)
  return machine
}

// A new volume takes the owner of the image's directory, unless it is mounted bare.
const mountVolume = ({ volumes }: Daemon, { user }: MemoryImage, { volume, bare }: ContainerSpec['mounts'][number]) => {
  const found = volumes.get(volume) ?? { labels: {}, owner: { uid: 0, gid: 0 }, files: new Map() }
  if (found.files.size === 0 && !bare) found.owner = ownerOf(user)
  volumes.set(volume, found)
}

export const ownerOf = (user: string): Owner => {
  const [uid = 0, gid = uid] = user.split(':').map(Number)
  return { uid, gid }
}

const exitOf = (machine: Machine, signal: AbortSignal): Promise<number> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const exited = () => {
      signal.removeEventListener('abort', aborted)
      resolve(machine.exitCode)
    }
    const aborted = () => {
      machine.onExit.delete(exited)
      reject(signal.reason)
    }
    machine.onExit.add(exited)
    signal.addEventListener('abort', aborted, { once: true })
  })

const start = (daemon: Daemon, machine: Machine): void => {
  if (isRunning(machine)) return
  machine.stoppedByHand = false
  machine.restarts = 0
  machine.quick = 0
  run(daemon, machine)
}

const refuseUnknown = ({ networks }: Daemon, name: string): void => {
  if ([...networks.values()].some((network) => network.name === name)) return
  throw new TbsError('unknown_network', `There is no Docker network named ${name}`)
}
