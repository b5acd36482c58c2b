import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type SshServer = {
  port: number
  /** "ssh://user@127.0.0.1:port", before an absolute path. */
  origin: string
  /** Lines of public keys that may log in. */
  allow(...publicKeys: string[]): Promise<void>
  /** Starts it again with another host key. */
  changeHostKey(): Promise<void>
  log(): string
  close(): Promise<void>
}

const SSHD = '/usr/sbin/sshd'

/** A real sshd of one's own on a port of one's own, with everything it reads and writes in a directory. */
export const sshServer = async (directory: string): Promise<SshServer> => {
  await mkdir(directory, { recursive: true })
  // Where it locks itself into before anybody has logged in; Debian makes it when the service starts.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true })
  const port = await freePort()
  const keys = join(directory, 'authorized_keys')
  await writeFile(keys, '')
  let generation = 0
  let output = ''
  let child: ChildProcess

  const start = async () => {
    const hostKey = join(directory, `host-key-${generation++}`)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey])
    const config = join(directory, 'sshd_config')
    await writeFile(config, configText({ port, hostKey, keys }))
    child = spawn(SSHD, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (chunk) => {
      output += String(chunk)
    })
    await listening(port, () => output)
  }
  const stop = async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
  await start()
  return {
    port,
    origin: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    allow: (...publicKeys) => writeFile(keys, publicKeys.map((key) => `${key}\n`).join('')),
    changeHostKey: async () => {
      await stop()
      await start()
    },
    log: () => output,
    close: stop,
  }
}

const configText = ({ port, hostKey, keys }: { port: number; hostKey: string; keys: string }): string =>
  [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${keys}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'LogLevel VERBOSE',
    '',
  ].join('\n')

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const listening = async (port: number, output: () => string): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    const socket = connect(port, '127.0.0.1')
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (open) return
    await sleep(50)
  }
  throw new Error(`sshd does not listen: ${output()}`)
}
