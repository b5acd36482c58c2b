import { TbsError } from '../../../deploy-engine/index.ts'
import { ask, script, type Target } from './target.ts'

/** How packages are installed there. */
export type Family = 'debian' | 'fedora'

export type ServerFacts = {
  /** "Debian GNU/Linux 12 (bookworm)". */
  system: string
  /** Of /etc/os-release: "debian", "ubuntu", "rocky". */
  id: string
  family: Family
  machine: 'x86-64' | 'arm64'
  hasSystemd: boolean
  /** "Europe/Berlin". */
  timezone: string
}

/** Fails with `unknown_system` or `unknown_machine`, before anything is changed. */
export const lookAtServer = async (target: Target): Promise<ServerFacts> => {
  const release = parse((await ask(target, ['cat', '/etc/os-release'])) ?? '')
  const kernel = (await ask(target, ['uname', '-sm'])) ?? 'unknown'
  const family = familyOf(release)
  if (!family || !kernel.startsWith('Linux ')) throw unknownSystem(target, release.PRETTY_NAME ?? kernel)
  return {
    system: release.PRETTY_NAME ?? family,
    id: release.ID ?? family,
    family,
    machine: machineOf(target, kernel.slice('Linux '.length)),
    hasSystemd: (await ask(target, ['test', '-d', '/run/systemd/system'])) !== undefined,
    timezone: (await ask(target, script(TIMEZONE))) || 'Etc/UTC',
  }
}

const TIMEZONE = `
  link=$(readlink -f /etc/localtime)
  case $link in
    */zoneinfo/*) echo "\${link##*/zoneinfo/}" ;;
    *) cat /etc/timezone ;;
  esac`

const FAMILIES: Record<Family, string[]> = {
  debian: ['debian', 'ubuntu'],
  fedora: ['fedora', 'rhel', 'centos', 'rocky', 'almalinux'],
}

const familyOf = ({ ID = '', ID_LIKE = '' }: Record<string, string>): Family | undefined => {
  const like = [ID, ...ID_LIKE.split(' ')]
  if (like.some((id) => FAMILIES.debian.includes(id))) return 'debian'
  return like.some((id) => FAMILIES.fedora.includes(id)) ? 'fedora' : undefined
}

const machineOf = (target: Target, machine: string): ServerFacts['machine'] => {
  if (machine === 'x86_64') return 'x86-64'
  if (machine === 'aarch64') return 'arm64'
  throw new TbsError('unknown_machine', `${target.name} is a ${machine}, and only x86-64 and arm64 are known`, {
    hint: 'Nothing was changed',
  })
}

const unknownSystem = (target: Target, system: string): TbsError =>
  new TbsError(
    'unknown_system',
    `${target.name} runs ${system}, and only Debian, Ubuntu and the Fedora family are known`,
    {
      hint: 'Nothing was changed. Elsewhere it runs with Docker by hand: see docs/installing.md',
    },
  )

const parse = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^([A-Z_]+)="?(.*?)"?$/.exec(line) ?? []
      return name === undefined ? [] : [[name, value ?? '']]
    }),
  )
