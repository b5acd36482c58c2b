import { createHash } from 'node:crypto'
import type { Places } from './places.ts'

export type ContainerWanted = {
  instance: string
  places: Places
  imageId: string
  imageTag: string
  /** All that it reads from files when it starts. */
  content: readonly string[]
}

export const SPEC = 'tbs.spec'

/**
 * The arguments of `docker create` for the manager's container. They end with a label that is another one whenever
 * anything is different: so whoever looks at the container that is there knows whether it is the right one.
 */
export const managerContainer = (wanted: ContainerWanted): { args: string[]; spec: string } => {
  const args = [...flags(wanted), ...managerEnvironment(wanted), ...mounts(wanted)]
  // Of a token nothing can be told from half of a hash.
  const all = JSON.stringify([args, wanted.imageId, wanted.content])
  const spec = createHash('sha256').update(all).digest('hex').slice(0, 16)
  return { args: [...args, '--label', `${SPEC}=${spec}`, wanted.imageTag], spec }
}

export const containerName = (instance: string): string => `${instance}-manager`

const MEMORY = '768m'

const flags = ({ instance }: ContainerWanted): string[] => [
  ...['--name', containerName(instance), '--label', `tbs.instance=${instance}`, '--label', 'tbs.role=manager'],
  ...['--restart', 'unless-stopped', '--init', '--stop-timeout', '10'],
  ...['--read-only', '--tmpfs', '/tmp:size=256m,mode=1777'],
  // It has the Docker socket, which is root on the host: a network of its own would only hide the host's routes.
  ...['--network', 'host', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  // Where there is SELinux it would neither get the socket nor its files.
  ...['--security-opt', 'label=disable'],
  ...['--memory', MEMORY, '--memory-swap', MEMORY, '--pids-limit', '512'],
  ...['--log-opt', 'max-size=10m', '--log-opt', 'max-file=3'],
]

/** What tells the program in it whose manager it is, and where everything is. */
export const managerEnvironment = ({ instance, places }: Pick<ContainerWanted, 'instance' | 'places'>): string[] => [
  ...['--env-file', places.environment],
  ...['--env', `TBS_INSTANCE=${instance}`, '--env', `TBS_DATA_DIR=${places.data}`],
  ...['--env', `TBS_KEY_FILE=${places.masterKey}`, '--env', `TBS_TOKEN_FILE=${places.token}`],
]

// The same paths inside and outside: what the manager tells of its files is true on the server.
const mounts = ({ places }: ContainerWanted): string[] => [
  ...['--volume', '/var/run/docker.sock:/var/run/docker.sock'],
  ...['--volume', `${places.data}:${places.data}`],
  ...['--volume', `${places.settings}:${places.settings}:ro`],
  ...['--volume', `${places.keys}:${places.keys}`],
]
