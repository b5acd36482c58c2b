import { setTimeout as sleep } from 'node:timers/promises'
import { isOldApi, TbsError } from '../../../deploy-engine/index.ts'
import type { ServerFacts } from './server.ts'
import { ask, must, type RunOptions, script, type Target } from './target.ts'

const START_TRIES = 60
const START_MS = 500

export type Engine = { version: string; did: string[] }

/**
 * Installs Docker if there is none, and starts it if it does not run. Fails with `docker_too_old` or
 * `docker_unreachable`.
 */
export const provideDocker = async (root: Target, server: ServerFacts, options: RunOptions): Promise<Engine> => {
  const did: string[] = []
  if ((await ask(root, ['docker', '--version'])) === undefined || !(await isThere(root, 'dockerd'))) {
    await install(root, server, options)
    did.push('installed')
  }
  if ((await versionOf(root)) === undefined) {
    await start(root, server)
    did.push('started')
  }
  const version = await untilItAnswers(root)
  if (isOldApi(version.api)) throw tooOld(root, version.server)
  return { version: version.server, did }
}

const isThere = async (root: Target, program: string): Promise<boolean> =>
  (await root.run(script('command -v "$1" || docker version', program))).code === 0

const install = async (root: Target, { family, id }: ServerFacts, options: RunOptions): Promise<void> => {
  if (family === 'debian') return installByApt(root, ['docker.io', 'iptables', 'ca-certificates'], options)
  if (id === 'fedora') return void (await must(root, ['dnf', 'install', '-y', 'moby-engine'], options))
  // These have none of their own.
  const repository = 'https://download.docker.com/linux/centos/docker-ce.repo'
  await must(root, ['curl', '-fsSL', '-o', '/etc/yum.repos.d/docker-ce.repo', repository], options)
  await must(root, ['dnf', 'install', '-y', 'docker-ce', 'docker-ce-cli', 'containerd.io'], options)
}

/** Also when an earlier run was cut off in it, or the server is just updating itself. */
export const installByApt = async (root: Target, packages: string[], options: RunOptions): Promise<void> => {
  // Docker refuses to start a container where AppArmor is on and its tool is not there.
  const armour = (await ask(root, ['cat', '/sys/module/apparmor/parameters/enabled'])) === 'Y' ? ['apparmor'] : []
  const apt = ['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300']
  await must(root, whenUnlocked([...apt, 'update']), options)
  await must(
    root,
    whenUnlocked(['sh', '-c', 'dpkg --configure -a --force-confold || apt-get -q -y -f install']),
    options,
  )
  await must(root, [...apt, 'install', '-y', '--no-install-recommends', ...packages, ...armour], options)
}

// What holds the lock may be the rest of a run that was cut off. Only the last of these commands waits by itself.
const whenUnlocked = (argv: string[]): string[] => script(WHEN_UNLOCKED, ...argv)

const WHEN_UNLOCKED = `
  for try in $(seq 60); do
    said=$("$@" 2>&1)
    code=$?
    printf '%s\\n' "$said"
    case $code:$said in
      0:*) exit 0 ;;
      *lock*) sleep 5 ;;
      *) exit $code ;;
    esac
  done
  exit 1`

const start = async (root: Target, { hasSystemd }: ServerFacts): Promise<void> => {
  if (hasSystemd) return void (await must(root, ['systemctl', 'enable', '--now', 'docker']))
  await must(root, script('setsid dockerd >>/var/log/dockerd.log 2>&1 </dev/null &'))
}

type Version = { server: string; api: string }

const versionOf = async (root: Target): Promise<Version | undefined> => {
  const said = await ask(root, ['docker', 'version', '--format', '{{.Server.Version}} {{.Server.APIVersion}}'])
  const [server, api] = said?.split(' ') ?? []
  return server === undefined || api === undefined ? undefined : { server, api }
}

const untilItAnswers = async (root: Target): Promise<Version> => {
  for (let tries = 0; tries < START_TRIES; tries++) {
    const version = await versionOf(root)
    if (version) return version
    await sleep(START_MS)
  }
  const log = await ask(root, script('tail -n 3 /var/log/dockerd.log || journalctl -u docker -n 3 --no-pager'))
  throw new TbsError('docker_unreachable', `Docker does not answer on ${root.name}${log ? `:\n${log}` : ''}`, {
    hint: 'See there: systemctl status docker',
  })
}

const tooOld = (root: Target, version: string): TbsError =>
  new TbsError('docker_too_old', `${root.name} has Docker ${version}, and 20.10 or newer is needed`, {
    hint: 'Update it by the packages that it came from: bots and images stay',
  })
