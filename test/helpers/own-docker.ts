import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import Docker from 'dockerode'
import { openSandbox, type Sandbox } from '../../telegram-sandbox/index.ts'
import { type Installation, installation } from './installation.ts'

const run = promisify(execFile)

/** A Docker daemon of a test's own, which it may stop, kill and fill up: nobody else's containers are on it. */
export type OwnDocker = {
  docker: Docker
  /** For DOCKER_HOST. */
  host: string
  /** Where this machine is seen from its containers. */
  hostAddress: string
  /** Holds images and containers; of `diskMb`. */
  directory: string
  start(): Promise<void>
  /** SIGTERM ends it as a restart does, SIGKILL as a crash; the containers of either are gone with it. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  close(): Promise<void>
}

/** An installation whose bots run there; not started. The sandbox is closed by the caller. */
export const installationOn = async (own: OwnDocker): Promise<{ sandbox: Sandbox; here: Installation }> => {
  const sandbox = await openSandbox({ apiHosts: ['127.0.0.1', own.hostAddress] })
  const here = await installation({ sandbox })
  here.env.DOCKER_HOST = own.host
  here.env.TBS_BOTS_API_ROOT = `http://${own.hostAddress}:${sandbox.apiPort}`
  return { sandbox, here }
}

const IMAGE = 'node:24-bookworm-slim'
const START_MS = 20_000

/**
 * In a network namespace, with a file system in memory: small, but with so much free that nobody is told of it. Needs
 * root, like dockerd itself.
 */
export const ownDocker = async ({ diskMb = 4_000 }: { diskMb?: number } = {}): Promise<OwnDocker> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-own-docker-'))
  const root = join(directory, 'root')
  const socket = join(directory, 'docker.sock')
  await mkdir(root)
  await run('mount', ['-t', 'tmpfs', '-o', `size=${diskMb}m`, 'tmpfs', root])
  const network = await namespace()
  const docker = new Docker({ socketPath: socket })
  let daemon: ChildProcess | undefined

  const start = async () => {
    const args = ['--data-root', root, '--exec-root', join(directory, 'exec'), '--pidfile', join(directory, 'pid')]
    const command = [`--net=/run/netns/${network.name}`, 'dockerd', ...args, '--host', `unix://${socket}`]
    daemon = spawn('nsenter', command, { stdio: ['ignore', 'pipe', 'pipe'] })
    const log = createWriteStream(join(directory, 'log'), { flags: 'a' })
    daemon.stdout?.pipe(log, { end: false })
    daemon.stderr?.pipe(log, { end: false })
    await answers(docker).catch(async (error) => {
      const said = (await readFile(join(directory, 'log'), 'utf8')).split('\n').slice(-8).join('\n')
      throw new Error(`dockerd did not start: ${error.message}\n${said}`)
    })
  }

  const stop: OwnDocker['stop'] = async (signal) => {
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return
    const ended = once(daemon, 'exit')
    daemon.kill(signal)
    await ended
    if (signal === 'SIGTERM') return
    // A reboot takes everything with it; a daemon that is killed alone would leave containerd and containers running.
    while (await killRest(directory)) await sleep(50)
    // Both are in memory on a real machine.
    for (const mounted of await mountsBelow(join(directory, 'exec'))) await run('umount', ['--lazy', mounted])
    for (const left of ['pid', 'exec']) await rm(join(directory, left), { recursive: true, force: true })
  }

  await start()
  await loadImage(socket)
  return {
    docker,
    host: `unix://${socket}`,
    hostAddress: network.hostAddress,
    directory: root,
    start,
    stop,
    close: async () => {
      for (const { Id } of await docker.listContainers({ all: true }).catch(() => [])) {
        await docker
          .getContainer(Id)
          .remove({ force: true })
          .catch(() => undefined)
      }
      await stop('SIGTERM')
      await network.remove()
      for (const mounted of await mountsBelow(directory)) await run('umount', ['--lazy', mounted])
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const mountsBelow = async (directory: string): Promise<string[]> =>
  (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((path) => path.startsWith(directory))
    .reverse()

const answers = async (docker: Docker): Promise<void> => {
  const deadline = Date.now() + START_MS
  while (true) {
    try {
      await docker.ping()
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
      await sleep(100)
    }
  }
}

const loadImage = async (socket: string): Promise<void> => {
  const save = spawn('docker', ['save', IMAGE], { stdio: ['ignore', 'pipe', 'inherit'] })
  const load = spawn('docker', ['--host', `unix://${socket}`, 'load', '--quiet'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  save.stdout.pipe(load.stdin)
  const [code] = await once(load, 'exit')
  if (code !== 0) throw new Error(`docker load ended with ${code}`)
}

/** containerd, its shims, and what runs in containers; true if there was any. */
const killRest = async (directory: string): Promise<boolean> => {
  const { stdout } = await run('pgrep', ['--full', directory]).catch(() => ({ stdout: '' }))
  let found = false
  for (const pid of stdout.split('\n').filter(Boolean).map(Number)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (!/containerd/.test(command)) continue
    found = true
    for (const child of await childrenOf(pid)) kill(child)
    kill(pid)
  }
  return found
}

const childrenOf = async (pid: number): Promise<number[]> => {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return text.split(' ').filter(Boolean).map(Number)
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}

/** A network of two addresses between this machine and the namespace. */
const namespace = async () => {
  const id = randomBytes(3).toString('hex')
  const name = `tbs-${id}`
  const [a, b] = [randomBytes(1)[0] ?? 0, (randomBytes(1)[0] ?? 0) & 252]
  const [hostAddress, address] = [`10.215.${a}.${b + 1}`, `10.215.${a}.${b + 2}`]
  const ip = (...args: string[]) => run('ip', args)
  await ip('netns', 'add', name)
  await ip('link', 'add', `t${id}h`, 'type', 'veth', 'peer', 'name', `t${id}n`, 'netns', name)
  await ip('address', 'add', `${hostAddress}/30`, 'dev', `t${id}h`)
  await ip('link', 'set', `t${id}h`, 'up')
  await ip('-n', name, 'address', 'add', `${address}/30`, 'dev', `t${id}n`)
  for (const device of ['lo', `t${id}n`]) await ip('-n', name, 'link', 'set', device, 'up')
  await ip('-n', name, 'route', 'add', 'default', 'via', hostAddress)
  return { name, hostAddress, remove: () => ip('netns', 'delete', name) }
}
