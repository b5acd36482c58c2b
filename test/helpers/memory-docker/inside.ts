import { dirname } from 'node:path'
import type { DockerPort } from '../../../deploy-engine/ports.ts'
import { type Call, never } from './call.ts'
import { create, machineOf } from './containers.ts'
import { type Daemon, isRunning, type Machine } from './daemon.ts'
import { API_ADDRESS, procNet } from './proc-net.ts'
import { refused } from './refused.ts'
import { killMachine, run } from './run.ts'
import { shell } from './shell.ts'

type InsidePart = Pick<
  DockerPort,
  'putFiles' | 'readFile' | 'copyDirectory' | 'ownerOf' | 'diff' | 'exec' | 'runBeside'
>

const BESIDE_MS = 200

export const insidePart = (call: Call, gone: AbortSignal): InsidePart => ({
  putFiles: (id, directory, files) =>
    call((daemon) => {
      const machine = machineOf(daemon, id)
      if (!isDirectory(machine, directory)) throw refused(404, `Could not find the file ${directory} in container`)
      for (const file of files) {
        machine.files.set(`${directory.replace(/\/$/, '')}/${file.name}`, file)
        machine.changes.set(`${directory.replace(/\/$/, '')}/${file.name}`, 1)
      }
    }),

  readFile: (id, path) => call(({ machines }) => machines.get(id)?.files.get(path)?.content),

  copyDirectory: (from, to, path) =>
    call((daemon) => {
      const found = [...(daemon.machines.get(from)?.files ?? [])].filter(([name]) => name.startsWith(`${path}/`))
      for (const [name, file] of found) machineOf(daemon, to).files.set(name, file)
      return found.length > 0
    }),

  ownerOf: (id, path) =>
    call(({ machines, volumes }) => {
      const machine = machines.get(id)
      const mount = machine?.spec.mounts.find((one) => path === one.path || path.startsWith(`${one.path}/`))
      if (mount) return volumes.get(mount.volume)?.owner
      return machine && isDirectory(machine, path) ? { uid: 0, gid: 0 } : machine?.files.get(path)
    }),

  diff: (id) =>
    call(({ machines }) => [...(machines.get(id)?.changes ?? [])].map(([path, kind]) => ({ path, kind })), 100),

  exec: (id, command, signal) =>
    call((daemon, lost) => {
      const machine = machineOf(daemon, id)
      if (!isRunning(machine)) throw refused(409, `Container ${id} is not running`)
      return shell(command, around(daemon, machine), AbortSignal.any([signal, lost]))
    }),

  runBeside: async (id, { image, command, labels }, signal) => {
    const probe = await call((daemon) => {
      const name = `quick_${daemon.newId().slice(0, 12)}`
      return create(daemon, { name, image, labels, env: {}, mounts: [], command }, id)
    })
    try {
      const result = await call(async (daemon, lost) => {
        const given = AbortSignal.any([signal, lost])
        const machine = machineOf(daemon, id)
        if (!isRunning(machine)) throw refused(409, `cannot join network of a non running container: ${id}`)
        run(daemon, probe)
        await daemon.clock.sleep(BESIDE_MS, given)
        return shell(command, around(daemon, machine), given)
      })
      return result.output
    } finally {
      await (gone.aborted ? never() : call((daemon) => removeMachine(daemon, probe)))
    }
  },
})

const removeMachine = (daemon: Daemon, machine: Machine): void => {
  killMachine(daemon, machine)
  daemon.machines.delete(machine.id)
}

// What an image without a base of its own has; the rest comes by its workdir.
const isDirectory = ({ image, files }: Machine, path: string): boolean =>
  ['/', '/tmp', '/etc', image.workdir].includes(path) || [...files.keys()].some((file) => dirname(file) === path)

const around = ({ clock }: Daemon, machine: Machine) => ({
  clock,
  address: API_ADDRESS,
  answers: machine.answers,
  read: (path: string) => procNet(machine, path) ?? machine.files.get(path)?.content.toString('utf8'),
})
