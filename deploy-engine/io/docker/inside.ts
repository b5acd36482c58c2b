import { dirname, resolve } from 'node:path/posix'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'
import tar from 'tar-stream'
import type { ContainerFile, DockerPort, Owner } from '../../ports.ts'
import { demultiplex } from './demultiplex.ts'
import { ignoreStatus } from './status.ts'

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
  | 'runBeside'
>

/** What is done with the inside of a container: its files, commands in it and beside it. */
export const insidePart = (docker: Docker): InsidePart => ({
  putFiles: async (id, directory, files) => {
    // Else Docker would remove a directory that has the name of a file.
    const options = { path: directory, noOverwriteDirNonDir: 'true' }
    await docker.getContainer(id).putArchive(await packFiles(files), options)
  },

  readFile: async (id, path) => {
    const read = async (at: string, links: number): Promise<Buffer | undefined> => {
      const archive = await docker.getContainer(id).getArchive({ path: at }).catch(ignoreStatus(404))
      const found = archive && (await firstFile(archive))
      if (found === undefined || Buffer.isBuffer(found)) return found
      return links > 0 ? read(resolve(dirname(at), found.link), links - 1) : undefined
    }
    return read(path, LINKS)
  },

  copyDirectory: async (from, to, path) => {
    const archive = await docker.getContainer(from).getArchive({ path }).catch(ignoreStatus(404))
    if (!archive) return false
    await docker.getContainer(to).putArchive(archive, { path: dirname(path) })
    return true
  },

  // With the dot the entries begin at the directory itself and not with its name.
  readDirectory: (id, path) => docker.getContainer(id).getArchive({ path: `${path}/.` }),

  readPath: (id, path) => docker.getContainer(id).getArchive({ path }).catch(ignoreStatus(404)),

  writeDirectory: async (id, path, content, signal) => {
    await docker.getContainer(id).putArchive(content, { path, abortSignal: signal })
  },

  ownerOf: async (id, path) => {
    const archive = await docker.getContainer(id).getArchive({ path }).catch(ignoreStatus(404))
    return archive && firstOwner(archive)
  },

  diff: async (id, signal) => {
    const changes: { Path: string; Kind: 0 | 1 | 2 }[] | null | undefined = await docker
      .getContainer(id)
      .changes({ abortSignal: signal })
      .catch(ignoreStatus(404))
    return (changes ?? []).map(({ Path, Kind }) => ({ path: Path, kind: Kind }))
  },

  exec: async (id, command, signal) => {
    const exec = await docker.getContainer(id).exec({ Cmd: command, AttachStdout: true, AttachStderr: true })
    const stream = await exec.start({ hijack: true, stdin: false, abortSignal: signal })
    signal.addEventListener('abort', () => stream.destroy(), { once: true })
    const output = demultiplex(await buffer(stream))
    signal.throwIfAborted()
    return { exitCode: (await exec.inspect()).ExitCode ?? -1, output }
  },

  runBeside: async (beside, { image, command, labels }, signal) => {
    const container = await docker.createContainer({
      Image: image,
      Entrypoint: [],
      Cmd: command,
      Labels: labels,
      HostConfig: {
        NetworkMode: `container:${beside}`,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        Memory: 64 * 1024 * 1024,
        MemorySwap: 64 * 1024 * 1024,
        LogConfig: { Type: 'json-file', Config: {} },
      },
    })
    try {
      const ended = container.wait({ condition: 'next-exit', abortSignal: signal })
      // Settled below; without this an abort during start() would count as unhandled.
      ended.catch(() => undefined)
      await container.start()
      await Promise.race([ended, sleep(10_000, undefined, { ref: false, signal })])
      return demultiplex(await container.logs({ stdout: true, stderr: true, follow: false }))
    } finally {
      await container.remove({ force: true }).catch(ignoreStatus(404, 409))
    }
  },
})

const packFiles = async (files: ContainerFile[]): Promise<Buffer> => {
  const pack = tar.pack()
  for (const { name, content, mode, uid, gid } of files) pack.entry({ name, mode, uid, gid }, content)
  pack.finalize()
  return buffer(pack)
}

const LINKS = 5

const firstFile = async (archive: NodeJS.ReadableStream): Promise<Buffer | { link: string } | undefined> => {
  const extract = tar.extract()
  archive.pipe(extract)
  for await (const entry of extract) {
    const content = await buffer(entry)
    if (entry.header.type === 'file') return content
    if (entry.header.type === 'symlink') return { link: entry.header.linkname ?? '' }
  }
  return undefined
}

// The first entry is the path itself; what is below it would be all data of a volume.
const firstOwner = async (archive: NodeJS.ReadableStream): Promise<Owner | undefined> => {
  const extract = tar.extract()
  const giveUp = (error: Error) => extract.destroy(error)
  archive.on('error', giveUp).pipe(extract)
  try {
    for await (const { header } of extract) return { uid: header.uid ?? 0, gid: header.gid ?? 0 }
    return undefined
  } finally {
    archive.off('error', giveUp).on('error', () => {})
    archive.unpipe(extract)
    if ('destroy' in archive && typeof archive.destroy === 'function') archive.destroy()
  }
}
