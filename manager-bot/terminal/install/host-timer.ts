import type { Package } from '../../package-files.ts'
import { installByApt } from './docker-engine.ts'
import type { Places } from './places.ts'
import { putFile } from './put-file.ts'
import type { ServerFacts } from './server.ts'
import { must, type RunOptions, script, type Target } from './target.ts'

export type TimerWanted = {
  instance: string
  places: Places
  server: ServerFacts
  own: Package
  apiRoot: string | undefined
}

export type Timer = { by: 'systemd' | 'cron' | 'nothing'; changed: boolean }

/** What looks after the manager from outside of it, each minute: by systemd, else by cron, else by nothing. */
export const putHostTimer = async (root: Target, wanted: TimerWanted, options: RunOptions): Promise<Timer> => {
  const { server, places, own } = wanted
  const by = server.hasSystemd ? 'systemd' : (await has(root, 'cron', 'crond')) ? 'cron' : 'nothing'
  const client = (await has(root, 'curl', 'wget')) || by === 'nothing'
  if (!client) await provideCurl(root, server, options)
  const named = (text: string) => text.replaceAll(/(\/etc|\/usr\/local\/lib)\/tbs\//g, `$1/${wanted.instance}/`)
  const put = async (path: string, mode: string, content: string) => putFile(root, { path, mode, content })
  await must(root, ['install', '-d', '-m', '755', places.timer.replace(/\/[^/]+$/, '')])
  const changes = [
    await put(places.timer, '755', await own.read('docker/host-timer.sh')),
    await put(places.timerSettings, '600', settingsText(wanted)),
  ]
  if (by === 'cron') changes.push(await put(places.cron, '644', named(await own.read('docker/host-timer.cron'))))
  if (by === 'systemd') changes.push(await putUnits(root, wanted, named))
  return { by, changed: !client || changes.some(Boolean) }
}

const settingsText = ({ instance, places, apiRoot }: TimerWanted): string =>
  [
    `TBS_INSTANCE=${instance}`,
    `TBS_TOKEN_FILE=${places.token}`,
    `TBS_OWNER_FILE=${places.owners}`,
    `TBS_TIMER_STATE=${places.timerState}`,
    `TBS_UPGRADE_MARKER=${places.upgrading}`,
    ...(apiRoot === undefined ? [] : [`TELEGRAM_API_ROOT='${apiRoot.replaceAll("'", `'\\''`)}'`]),
    '',
  ].join('\n')

const putUnits = async (
  root: Target,
  { places, own }: TimerWanted,
  named: (text: string) => string,
): Promise<boolean> => {
  const unit = `/etc/systemd/system/${places.timerUnit}`
  const put = async (kind: 'service' | 'timer') =>
    putFile(root, { path: `${unit}.${kind}`, mode: '644', content: named(await own.read(`docker/host-timer.${kind}`)) })
  const changes = [await put('service'), await put('timer')]
  await must(root, ['systemctl', 'daemon-reload'])
  await must(root, ['systemctl', 'enable', '--now', `${places.timerUnit}.timer`])
  return changes.some(Boolean)
}

const has = async (root: Target, ...programs: string[]): Promise<boolean> => {
  const look = 'for program; do command -v "$program" && exit 0; done; exit 1'
  return (await root.run(script(look, ...programs))).code === 0
}

const provideCurl = async (root: Target, { family }: ServerFacts, options: RunOptions): Promise<void> => {
  if (family === 'debian') await installByApt(root, ['curl'], options)
  else await must(root, ['dnf', 'install', '-y', 'curl'], options)
}
