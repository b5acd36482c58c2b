import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'
import tar from 'tar-stream'
import type { ContainerFile, DockerPort } from '../../ports.ts'
import { demultiplex } from './demultiplex.ts'
import { ignoreStatus } from './status.ts'

type InsidePart = Pick<DockerPort, 'putFiles' | 'readFile' | 'diff' | 'logs' | 'exec' | 'runBeside'>

/** What is done with the inside of a container: its files, its output, commands in it and beside it. */
export const insidePart = (docker: Docker): InsidePart => ({
  putFiles: async (id, directory, files) => {
    await docker.getContainer(id).putArchive(await packFiles(files), { path: directory })
  },

  readFile: async (id, path) => {
    const archive = await docker.getContainer(id).getArchive({ path }).catch(ignoreStatus(404))
    return archive && firstFile(archive)
  },

  diff: async (id, signal) => {
    const changes: { Path: string; Kind: 0 | 1 | 2 }[] | null | undefined = await docker
      .getContainer(id)
      .changes({ abortSignal: signal })
      .catch(ignoreStatus(404))
    return (changes ?? []).map(({ Path, Kind }) => ({ path: Path, kind: Kind }))
  },

  logs: async (id, { tail, sinceSeconds }) => {
    const since = sinceSeconds === undefined ? {} : { since: sinceSeconds }
    const options = { stdout: true, stderr: true, follow: false, tail, ...since } as const
    const output = await docker.getContainer(id).logs(options).catch(ignoreStatus(404))
    return output ? demultiplex(output) : ''
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

const firstFile = async (archive: NodeJS.ReadableStream): Promise<Buffer | undefined> => {
  const extract = tar.extract()
  archive.pipe(extract)
  for await (const entry of extract) {
    const content = await buffer(entry)
    if (entry.header.type === 'file') return content
  }
  return undefined
}
