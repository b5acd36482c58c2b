import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const IMAGE = fileURLToPath(new URL('./vps-image', import.meta.url))
const LABEL = 'tbs.test-vps'
/** In its Docker before there is one: a machine without a registry can't pull them. */
const BASE_IMAGES = ['node:24-bookworm-slim']
const PATIENCE_MS = 30_000

/** A server of a test's own: a container with sshd in it, and room for a Docker Engine of its own. */
export type Vps = {
  name: string
  address: string
  /** Runs something on it, as root; gives what it printed. */
  run(...command: string[]): Promise<string>
  /** The same by a shell. */
  sh(script: string): Promise<string>
  /** Lets this public key log in. */
  allow(user: 'root' | 'olga', publicKey: string): Promise<void>
  /** As a reboot is: what runs ends, what is in /run is gone. */
  reboot(): Promise<void>
  close(): Promise<void>
}

/** `docker`: whether a Docker Engine is installed and runs. */
export const freshVps = async ({ docker }: { docker: boolean }): Promise<Vps> => {
  const name = `tbs-vps-${randomBytes(4).toString('hex')}`
  await copyVolume(await imageVolume(), name)
  await start(name, { image: await vpsImage(docker ? 'docker' : 'fresh'), volume: name })
  const inside = (...command: string[]) => exec(name, command)
  const up = async () => {
    await listening(await addressOf(name))
    if (docker) await dockerAnswers(name)
  }
  await up()
  return {
    name,
    address: await addressOf(name),
    run: inside,
    sh: (script) => inside('sh', '-c', script),
    allow: async (user, publicKey) => {
      const home = user === 'root' ? '/root' : `/home/${user}`
      const script = 'install -d -m 700 -o "$1" "$2/.ssh" && printf "%s\\n" "$3" >>"$2/.ssh/authorized_keys"'
      await inside('sh', '-c', `${script} && chown -R "$1" "$2/.ssh"`, 'sh', user, home, publicKey)
    },
    reboot: async () => {
      await run('docker', ['restart', '--time', '10', name])
      await up()
    },
    close: async () => {
      await run('docker', ['rm', '--force', '--volumes', name])
      await run('docker', ['volume', 'rm', '--force', name])
    },
  }
}

const exec = async (name: string, command: string[]): Promise<string> =>
  (await run('docker', ['exec', name, ...command], { maxBuffer: 64 * 1024 * 1024 })).stdout

// Not --privileged: where SYS_RESOURCE is missing that can't be given.
const start = async (name: string, { image, volume }: { image: string; volume: string }): Promise<void> => {
  const like = ['--init', '--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--cgroupns', 'host']
  const open = ['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined', '--tmpfs', '/run:exec']
  const mounts = ['--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw', '--volume', `${volume}:/var/lib/docker`]
  const labels = ['--label', LABEL, '--name', name, '--hostname', 'vps']
  await run('docker', ['run', '--detach', ...labels, ...like, ...open, ...mounts, image])
}

const addressOf = async (name: string): Promise<string> =>
  (await run('docker', ['inspect', '--format', '{{.NetworkSettings.IPAddress}}', name])).stdout.trim()

const vpsImage = async (target: 'fresh' | 'docker'): Promise<string> => {
  const files = (await readdir(IMAGE)).sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(await readFile(join(IMAGE, file)))
  const image = `tbs-test-vps:${target}-${hash.digest('hex').slice(0, 12)}`
  const exists = await run('docker', ['image', 'inspect', image]).catch(() => undefined)
  const env = { ...process.env, DOCKER_BUILDKIT: '0' }
  if (!exists) await run('docker', ['build', '--label', LABEL, '--target', target, '--tag', image, IMAGE], { env })
  return image
}

/** A volume with Docker's own files in which the base images are, made once for each edition of them. */
const imageVolume = async (): Promise<string> => {
  const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Id}}', ...BASE_IMAGES])
  const name = `tbs-test-vps-images-${createHash('sha256').update(stdout).digest('hex').slice(0, 12)}`
  if (await isWhole(name)) return name
  await run('docker', ['volume', 'rm', '--force', name])
  const filling = `${name}-filling-${randomBytes(3).toString('hex')}`
  await run('docker', ['volume', 'create', '--label', LABEL, filling])
  await start(filling, { image: await vpsImage('docker'), volume: filling })
  try {
    await dockerAnswers(filling)
    await load(filling)
    await run('docker', ['stop', '--time', '20', filling])
    await copyVolume(filling, name)
  } finally {
    await run('docker', ['rm', '--force', filling])
    await run('docker', ['volume', 'rm', '--force', filling])
  }
  return name
}

const load = async (name: string): Promise<void> => {
  const save = spawn('docker', ['save', ...BASE_IMAGES], { stdio: ['ignore', 'pipe', 'inherit'] })
  const into = ['exec', '--interactive', name, 'docker', 'load', '--quiet']
  const loading = spawn('docker', into, { stdio: ['pipe', 'ignore', 'inherit'] })
  save.stdout.pipe(loading.stdin)
  const [code] = await once(loading, 'exit')
  if (code !== 0) throw new Error(`docker load ended with ${code}`)
}

// With the capabilities of a server: overlay's own attributes are only seen by root of the whole machine.
const copyVolume = async (from: string, to: string): Promise<void> => {
  await run('docker', ['volume', 'create', '--label', LABEL, to])
  const volumes = ['--volume', `${from}:/from:ro`, '--volume', `${to}:/to`]
  const like = ['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--security-opt', 'apparmor=unconfined']
  await run('docker', ['run', '--rm', '--label', LABEL, ...like, ...volumes, 'debian:bookworm-slim', ...COPY])
}

const COPY = ['sh', '-c', 'cp --archive /from/. /to/ && touch /to/whole']

/** Whoever made it may have been killed. */
const isWhole = async (name: string): Promise<boolean> => {
  if (!(await run('docker', ['volume', 'inspect', name]).catch(() => undefined))) return false
  const look = [
    'run',
    '--rm',
    '--label',
    LABEL,
    '--volume',
    `${name}:/to:ro`,
    'debian:bookworm-slim',
    'test',
    '-f',
    '/to/whole',
  ]
  return run('docker', look).then(
    () => true,
    () => false,
  )
}

const listening = async (address: string): Promise<void> => {
  const deadline = Date.now() + PATIENCE_MS
  while (Date.now() < deadline) {
    const socket = connect(22, address)
    const [greeting] = await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => [])
    socket.destroy()
    if (String(greeting).startsWith('SSH-')) return
    await sleep(100)
  }
  throw new Error(`no sshd answers at ${address}`)
}

const dockerAnswers = async (name: string): Promise<void> => {
  const deadline = Date.now() + PATIENCE_MS
  while (true) {
    const answer = await exec(name, ['docker', 'version']).catch((error: Error) => error)
    if (typeof answer === 'string') return
    if (Date.now() > deadline) throw new Error(`Docker does not answer on ${name}: ${answer.message}`)
    await sleep(200)
  }
}
