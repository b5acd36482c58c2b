import { dirname, relative } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import tar from 'tar-stream'
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
  | 'putFiles'
  | 'readFile'
  | 'copyDirectory'
  | 'readDirectory'
  | 'readPath'
  | 'writeDirectory'
  | 'ownerOf'
  | 'diff'
  | 'exec'
  | 'attach'
  | 'runBeside'
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

  readDirectory: (id, path) =>
    call((daemon) => {
      const machine = machineOf(daemon, id)
      const mount = machine.spec.mounts.find((one) => one.path === path)
      if (!mount && !isDirectory(machine, path)) throw refused(404, `Could not find the file ${path} in container`)
      const pack = tar.pack()
      pack.entry({ name: './', type: 'directory' })
      for (const [name, content] of mount ? volumeFiles(daemon, mount.volume) : filesBelow(machine, path)) {
        pack.entry({ name: `./${name}` }, content)
      }
      pack.finalize()
      return Readable.from(pack)
    }),

  writeDirectory: async (id, path, content) => {
    const found: [string, string][] = []
    for await (const entry of content.pipe(tar.extract())) {
      const bytes = await buffer(entry)
      if (entry.header.type === 'file') found.push([entry.header.name.replace(/^\.\//, ''), bytes.toString('utf8')])
    }
    await call((daemon) => {
      const mount = machineOf(daemon, id).spec.mounts.find((one) => one.path === path)
      const volume = mount && daemon.volumes.get(mount.volume)
      if (!volume) throw refused(404, `Could not find the file ${path} in container`)
      for (const [name, text] of found) volume.files.set(name, text)
    })
  },

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
      if (machine.paused) throw refused(409, `Container ${id} is paused, unpause the container before exec`)
      return shell(command, around(daemon, machine), AbortSignal.any([signal, lost]))
    }),

  readPath: async () => undefined,

  attach: (id, { command, streams }) =>
    call(async (daemon, lost) => {
      const { output, exitCode } = await shell(command, around(daemon, machineOf(daemon, id)), lost)
      streams.stdout.write(output)
      return exitCode
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

const volumeFiles = ({ volumes }: Daemon, name: string): [string, Buffer][] =>
  [...(volumes.get(name)?.files ?? [])].map(([path, text]) => [path, Buffer.from(text)])

const filesBelow = ({ files }: Machine, path: string): [string, Buffer][] =>
  [...files].flatMap(([name, { content }]): [string, Buffer][] =>
    name.startsWith(`${path}/`) ? [[relative(path, name), content]] : [],
  )

// What an image without a base of its own has; the rest comes by its workdir.
const isDirectory = ({ image, files }: Machine, path: string): boolean =>
  ['/', '/tmp', '/etc', image.workdir].includes(path) || [...files.keys()].some((file) => dirname(file) === path)

const around = ({ clock }: Daemon, machine: Machine) => ({
  clock,
  address: API_ADDRESS,
  answers: machine.answers,
  read: (path: string) => procNet(machine, path) ?? machine.files.get(path)?.content.toString('utf8'),
})
