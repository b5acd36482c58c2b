import { managerContainer } from '../../container/own-containers.ts'
import { isOldApi, OLDEST_API } from '../../docker-api.ts'
import { expectedError } from '../../operations/expected-error.ts'
import type { HostPorts } from '../../ports.ts'
import type { Finding } from '../host-findings.ts'
import { lookAtDisk, lookAtMemory } from '../host-looks.ts'
import type { Check, Seen } from './examine.ts'
import { privateFiles } from './private-files.ts'

/** What needs neither database nor key: whatever the host, Docker and the network are asked. */
export const hostChecks = (host: HostPorts): Check[] => [
  { name: 'docker', look: () => lookAtDocker(host) },
  { name: 'disk', look: async (signal) => seenOf(await lookAtDisk(host)(signal), 'Enough disk is free', FULL_DISK) },
  { name: 'memory', look: async () => seenOf(await lookAtMemory(host), 'Enough memory is free', FULL_MEMORY) },
  { name: 'clock', look: (signal) => lookAtClock(host, signal) },
  { name: 'dns', look: () => lookAtNames(host) },
  { name: 'telegram', look: (signal) => lookAtTelegram(host, signal) },
  { name: 'image', look: () => lookAtImage(host) },
  privateFiles('keys', host.files, keyFiles(host)),
]

const FULL_DISK = 'Deploys and backups are refused, and what bots write may be lost'
const FULL_MEMORY = 'Deploys are refused, and the kernel may end any program, bots too'

const lookAtDocker = async ({ docker }: HostPorts): Promise<Seen> => {
  const said = await docker.apiVersion().then(
    (version) => ({ version }),
    (error: Error) => ({ problem: (expectedError(error) ?? error).message }),
  )
  const consequence = 'Bots are neither watched nor deployed'
  if ('problem' in said) {
    const fix = 'See on the server: systemctl status docker, and whether this user may use it: docker version'
    return { state: 'bad', found: said.problem, consequence, fix }
  }
  if (!isOldApi(said.version)) return { state: 'ok', found: `Docker answers, its API is ${said.version}` }
  const found = `Docker’s API is ${said.version}, and ${OLDEST_API} is the oldest that is enough`
  return { state: 'bad', found, consequence, fix: 'Install Docker Engine 20.10 or newer' }
}

const STATES = { good: 'ok', between: 'warn', bad: 'bad' } as const

const seenOf = ({ state, found, hint }: Finding, well: string, consequence: string): Seen =>
  state === 'good'
    ? { state: 'ok', found: well }
    : { state: STATES[state], found, consequence, ...(hint !== undefined && { fix: hint }) }

const MOST_OFF_MS = 60_000

const lookAtClock = async ({ telegram, clock }: HostPorts, signal: AbortSignal): Promise<Seen> => {
  const theirs = await telegram.time(signal)
  if (theirs === undefined) return { state: 'warn', found: 'could not be checked: the Bot API’s answer has no date' }
  const offMs = clock.now() - theirs
  if (Math.abs(offMs) <= MOST_OFF_MS) return { state: 'ok', found: 'The clock agrees with Telegram’s' }
  return {
    state: 'bad',
    found: `The clock is ${Math.round(Math.abs(offMs) / 1000)} s ${offMs > 0 ? 'ahead of' : 'behind'} Telegram’s`,
    consequence: 'Certificates may be refused, schedules run at the wrong time, and ages are wrong',
    fix: 'Have the server keep its time by itself: timedatectl set-ntp true',
  }
}

const lookAtNames = async ({ telegram, settings }: HostPorts): Promise<Seen> => {
  const { hostname } = new URL(settings.apiRoot)
  return telegram.addresses().then(
    (addresses): Seen => ({ state: 'ok', found: `${hostname} is ${addresses.join(', ')}` }),
    (error: Error): Seen => ({
      state: 'bad',
      found: `The name ${hostname} is not found: ${error.message}`,
      consequence: 'Neither the manager nor its bots reach Telegram',
      fix: 'See on the server which name servers it asks: /etc/resolv.conf',
    }),
  )
}

const lookAtTelegram = async ({ telegram, settings }: HostPorts, signal: AbortSignal): Promise<Seen> => {
  const { host } = new URL(settings.apiRoot)
  return telegram.time(signal).then(
    (): Seen => ({ state: 'ok', found: `The Bot API at ${host} answers` }),
    (error: Error): Seen => ({
      state: 'bad',
      found: error.message,
      consequence: 'Nobody hears the manager or its bots; what people write meanwhile waits at Telegram',
      fix: `See on the server what keeps it from ${host}: curl -v ${settings.apiRoot}`,
    }),
  )
}

const OLD_IMAGE_MS = 180 * 86_400_000

const lookAtImage = async (host: HostPorts): Promise<Seen> => {
  const { docker, clock, settings } = host
  const own = await managerContainer(docker, settings.instance)
  if (!own) return { state: 'ok', found: 'The manager has no container, so there is no image of it to grow old' }
  const at = await docker.imageBuiltAt(own.id)
  if (at === undefined)
    return { state: 'warn', found: 'could not be checked: its image does not tell when it was built' }
  const days = Math.floor((clock.now() - at) / 86_400_000)
  if (clock.now() - at <= OLD_IMAGE_MS) return { state: 'ok', found: `The manager’s image is ${days} days old` }
  return {
    state: 'warn',
    found: `The manager’s image is ${days} days old`,
    consequence: 'It lacks what was mended since in Debian, in Node and in the manager itself',
    fix: 'Upgrade: /upgrade, or npx tbs-manager@latest upgrade <user@host>',
  }
}

const keyFiles = ({ settings: { keyFile, dataDir } }: HostPorts) => [
  { path: keyFile, mode: 0o600 },
  { path: `${keyFile}.age`, mode: 0o600 },
  { path: `${keyFile}.recovery`, mode: 0o600 },
  { path: dataDir, mode: 0o700 },
]
