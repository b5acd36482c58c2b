import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { kindOf } from '../../scripts/base-images/stand-in.mjs'
import { keptAuthority, TELEGRAM_TLS } from '../../scripts/base-images/telegram-certificate.mjs'
import { docker } from './docker.ts'

const IMAGE = 'node:24-bookworm-slim'

/** The API root that is in everybody's code. */
export const TELEGRAM = 'https://api.telegram.org'

/** Whether bots built on these images take the sandbox for Telegram: only offline stand-ins trust its certificate. */
export const trustSandbox = async (images: string[]): Promise<boolean> => {
  const authority = await keptAuthority()
  const details = await Promise.all(images.map((image) => docker.getImage(image).inspect()))
  return authority !== undefined && details.every(({ Config }) => kindOf(Config.Labels, authority) === 'stand-in')
}

/** The certificate that those images trust. */
export const telegramTls = async (): Promise<{ cert: string; key: string }> => ({
  cert: await readFile(TELEGRAM_TLS.cert, 'utf8'),
  key: await readFile(TELEGRAM_TLS.key, 'utf8'),
})

export type TlsFront = {
  /** From now on api.telegram.org is the sandbox in this network. */
  joins(network: string): Promise<void>
  close(): Promise<void>
}

/** A container that passes connections on to this port of the host; it ends with this process, whatever happens. */
export const tlsFront = async (port: number): Promise<TlsFront> => {
  const container = await docker.createContainer({
    Image: IMAGE,
    Cmd: ['node', '--eval', PASS_ON, String(port)],
    ...{ OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true },
    HostConfig: { AutoRemove: true, Init: true, ExtraHosts: ['host.docker.internal:host-gateway'] },
  })
  const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })
  await container.start()
  await once(stream, 'data')
  return {
    joins: (network) =>
      docker.getNetwork(network).connect({
        Container: container.id,
        EndpointConfig: { Aliases: [new URL(TELEGRAM).hostname] },
      }),
    close: async () => {
      const gone = container.wait({ condition: 'removed' })
      stream.end()
      await gone
    },
  }
}

const PASS_ON = `
const { connect, createServer } = require('node:net')
const { pipeline } = require('node:stream')
const server = createServer((socket) => {
  pipeline(socket, connect(Number(process.argv[1]), 'host.docker.internal'), socket, () => {})
})
server.listen(443, () => console.log('listening'))
process.stdin.resume().on('end', () => process.exit())
`
