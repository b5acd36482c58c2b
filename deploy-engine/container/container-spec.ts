import type { ContainerSpec, EngineSettings } from '../ports.ts'
import type { ReleasePlan } from '../records/release.ts'
import type { Secret } from '../secret.ts'
import { containerLabels } from './labels.ts'
import { volumeName } from './volume-name.ts'

export type ContainerOrder = {
  settings: Pick<EngineSettings, 'instance' | 'botsApiRoot' | 'timezone'>
  bot: string
  release: { number: number; imageId: string; plan: ReleasePlan }
  operation: number
  name: string
  imageUser: string
  network: string
  token: Secret
  variables: Record<string, Secret>
  /** Where it has others than those that are named after it: volumes by their paths. */
  restored?: Readonly<Record<string, string>>
}

// What entrypoints of images that run as root need in order to prepare files and step down to another user.
const ROOT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID', 'KILL', 'NET_BIND_SERVICE']

const PIDS = 256

/** How a release is run, as data: design.md section 5, hardening. */
export const containerSpec = (order: ContainerOrder): ContainerSpec => {
  const { settings, bot, release, operation } = order
  const { plan } = release
  return {
    name: order.name,
    image: release.imageId,
    ...(plan.command && { command: plan.command }),
    env: variablesOf(order),
    labels: containerLabels(settings.instance, { bot, release: release.number, operation }),
    network: order.network,
    extraNetworks: plan.networks,
    extraHosts: ['host.docker.internal:host-gateway'],
    mounts: plan.volumes.map((path) => ({
      volume: order.restored?.[path] ?? volumeName(settings.instance, bot, path),
      path,
    })),
    ports: plan.ports,
    memoryBytes: plan.memoryBytes,
    cpus: plan.cpus,
    pids: PIDS,
    capDrop: ['ALL'],
    capAdd: isRoot(order.imageUser) ? ROOT_CAPABILITIES : [],
  }
}

/** Everything that a bot gets as environment; the same goes into its `.env`. */
export const variablesOf = ({
  settings,
  release: { plan },
  token,
  variables,
}: Pick<ContainerOrder, 'settings' | 'token' | 'variables'> & {
  release: Pick<ContainerOrder['release'], 'plan'>
}): Record<string, Secret | string> => ({
  TZ: settings.timezone,
  TELEGRAM_API_ROOT: settings.botsApiRoot,
  ...plan.env,
  ...variables,
  [plan.tokenEnv]: token,
})

/** Base name; whoever creates the container adds the operation when it is taken. */
export const containerName = (instance: string, bot: string, release: number): string =>
  `${instance}-${bot}-v${release}`

const isRoot = (user: string): boolean => /^(|root|0)(:|$)/.test(user)
