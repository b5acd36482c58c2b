import { type Places, placesOf } from '../install/places.ts'
import { ask, must, script, type Target } from '../install/target.ts'

/** What there is of an installation on a server. */
export type Found = {
  manager: Labelled[]
  bots: Labelled[]
  /** Probes and tasks that a killed manager has left. */
  others: Labelled[]
  images: { manager: string[]; bots: string[] }
  networks: Labelled[]
  volumes: string[]
  /** Files and directories that are there. */
  paths: string[]
}

/** A container or a network; `bot`: whose it is, '' for none. */
export type Labelled = { id: string; name: string; running: boolean; bot: string }

export const look = async (root: Target, instance: string): Promise<Found> => {
  const paths = await existing(root, placesOf(instance))
  const nothing = { manager: [], bots: [], others: [], images: { manager: [], bots: [] }, networks: [], volumes: [] }
  if ((await ask(root, ['docker', '--version'])) === undefined) return { ...nothing, paths }
  const ours = ['--filter', `label=tbs.instance=${instance}`]
  const listed = async (...argv: string[]) => rows(await must(root, ['docker', ...argv]))
  const containers = await listed('ps', '--all', '--no-trunc', ...ours, '--format', CONTAINER)
  const roleOf = (role: string) => containers.flatMap((row) => (row[4] === role ? [labelled(row)] : []))
  const images = await listed('images', '--no-trunc', ...ours, '--format', '{{.ID}}')
  const managers = await listed('images', '--no-trunc', ...ours, ...ROLE_MANAGER, '--format', '{{.ID}}')
  const networks = await listed('network', 'ls', '--no-trunc', ...ours, '--format', NETWORK)
  const volumes = await listed('volume', 'ls', ...ours, '--format', '{{.Name}}')
  const ids = { all: first(images), manager: first(managers) }
  return {
    manager: roleOf('manager'),
    bots: roleOf('bot'),
    others: containers.flatMap((row) => (['manager', 'bot'].includes(row[4] ?? '') ? [] : [labelled(row)])),
    images: { manager: ids.manager, bots: ids.all.filter((id) => !ids.manager.includes(id)) },
    networks: networks.map(labelled),
    volumes: first(volumes),
    paths,
  }
}

const CONTAINER = '{{.ID}}\t{{.Names}}\t{{.State}}\t{{.Label "tbs.bot"}}\t{{.Label "tbs.role"}}'
const NETWORK = '{{.ID}}\t{{.Name}}\t-\t{{.Label "tbs.bot"}}'
const ROLE_MANAGER = ['--filter', 'label=tbs.role=manager']

const rows = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))

const first = (found: string[][]): string[] => [...new Set(found.map(([value = '']) => value))]

const labelled = ([id = '', name = '', state, bot = '']: string[]): Labelled => ({
  ...{ id, name, running: state === 'running', bot },
})

/** What tells that a directory is ours, and not that of a program whose name the instance happens to have. */
export const MARKS = { data: 'tbs.sqlite', keys: 'master.key' } as const

const existing = async (root: Target, places: Places): Promise<string[]> => {
  const { token, environment, keys, data } = places
  const marks = [`${data}/${MARKS.data}`, `${keys}/${MARKS.keys}`]
  const all = [token, environment, ...timerFiles(places), ...marks]
  const text = await must(root, script('for path; do if [ -e "$path" ]; then echo "$path"; fi; done', ...all))
  const found = text.split('\n').filter((path) => path !== '')
  return found.map((path) => (marks.includes(path) ? path.replace(/\/[^/]+$/, '') : path))
}

export const timerFiles = ({ timerSettings, timer, cron, timerUnit }: Places): string[] => {
  const unit = `/etc/systemd/system/${timerUnit}`
  return [cron, `${unit}.timer`, `${unit}.service`, timer, timerSettings]
}
