import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import type Docker from 'dockerode'
import type { DockerPort } from '../../ports.ts'

type AttachPart = Pick<DockerPort, 'attach'>

export const attachPart = (docker: Docker): AttachPart => ({
  attach: async (id, { command, env, streams, terminal }) => {
    const open = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: terminal !== undefined }
    const exec = await docker.getContainer(id).exec({ Cmd: command, Env: env, ...open })
    const stream = await exec.start({ hijack: true, stdin: true, Tty: open.Tty })
    if (terminal) await exec.resize({ h: terminal.rows, w: terminal.columns }).catch(() => undefined)
    await passed(docker, stream, { ...streams, isTerminal: open.Tty })
    return (await exec.inspect()).ExitCode ?? -1
  },
})

type Passing = Parameters<DockerPort['attach']>[1]['streams'] & { isTerminal: boolean }

const passed = async (docker: Docker, stream: Duplex, { stdin, stdout, stderr, isTerminal }: Passing) => {
  // Its end is what is waited for; that it did not read all of its input is no failure.
  const ended = finished(stream, { writable: false }).catch(() => undefined)
  if (isTerminal) stream.pipe(stdout, { end: false })
  else docker.modem.demuxStream(stream, stdout, stderr)
  stdin.pipe(stream)
  await ended
  stdin.unpipe(stream)
  stream.destroy()
}
