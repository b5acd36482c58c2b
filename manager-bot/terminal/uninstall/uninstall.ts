import { TbsError } from '../../../deploy-engine/index.ts'
import { becomeRoot } from '../install/become-root.ts'
import { type Connecting, connect } from '../install/connect.ts'
import { placesOf } from '../install/places.ts'
import { Stopped } from '../install/question.ts'
import { ask, must, script, type Target } from '../install/target.ts'
import type { Where } from '../install/wanted.ts'
import { backUpAll } from './back-up-all.ts'
import { look, MARKS, timerFiles } from './look.ts'
import { type Choice, isEmpty, type Plan, planOf, planText } from './plan.ts'

export type Uninstalling = Connecting & {
  /** Shown before the question. */
  show(text: string): void
  /** What a step did. */
  told(step: string, found: string): void
}

export type UninstallChoice = Choice & { backup: boolean }

/**
 * Takes an installation away, all that is its and nothing else; false: there was nothing left. Each step can be done
 * again: what is gone is not missed.
 */
export const uninstall = async (where: Where, choice: UninstallChoice, parts: Uninstalling): Promise<boolean> => {
  const { question, told } = parts
  const connected = await connect(where, parts)
  const { target, password } = connected.value
  try {
    const { root } = await becomeRoot(target, { passwords: [where.passwords.sudo, password], question })
    const { instance } = where
    const found = await look(root, instance)
    const plan = planOf(instance, found, choice)
    if (isEmpty(plan)) return false
    const manager = found.manager.find(({ running }) => running)
    const backup = choice.backup && !choice.data && manager ? 'a last backup of every bot' : noBackup(choice)
    parts.show(planText(plan, { where: root.name, backup }))
    if (!(await question.yes(`Remove the manager ${instance} from ${root.name}?`))) throw new Stopped()
    if (choice.backup && !choice.data && manager) told('backup', await backUpAll(root, manager.id))
    await removeTimer(root, instance, plan)
    told('timer', 'nothing looks after it any more')
    await removeContainers(root, plan)
    told('containers', `${plan.containers.length} removed`)
    for (const id of plan.images) await must(root, ['docker', 'rmi', '--force', id])
    told('images', `${plan.images.length} removed`)
    for (const id of plan.networks) await must(root, ['docker', 'network', 'rm', id])
    told('networks', `${plan.networks.length} removed`)
    for (const name of plan.volumes) await must(root, ['docker', 'volume', 'rm', name])
    await removeFiles(root, instance, plan)
    told('files', [...plan.files, ...plan.directories].join(', '))
    await isGone(root, instance, choice)
    return true
  } finally {
    target.close()
  }
}

const noBackup = ({ data, backup }: UninstallChoice): string => {
  if (data) return 'no backup, since the backups go, too'
  return backup ? 'no backup, since the manager does not run' : 'no backup'
}

// First of all, or it would tell of a manager that is gone.
const removeTimer = async (root: Target, instance: string, { files }: Plan): Promise<void> => {
  const places = placesOf(instance)
  const there = timerFiles(places).filter((path) => files.includes(path))
  const bySystemd = there.some((path) => path.endsWith('.timer'))
  if (bySystemd) await must(root, ['systemctl', 'disable', '--now', `${places.timerUnit}.timer`])
  await must(root, ['rm', '-f', '--', ...there])
  if (bySystemd) await must(root, ['systemctl', 'daemon-reload'])
}

const removeContainers = async (root: Target, { containers }: Plan): Promise<void> => {
  for (const id of containers) {
    await must(root, ['docker', 'stop', id])
    await must(root, ['docker', 'rm', '--force', '--volumes', id])
  }
}

const removeFiles = async (root: Target, instance: string, { files, directories }: Plan): Promise<void> => {
  const { settings, data, keys, timer } = placesOf(instance)
  await must(root, ['rm', '-f', '--', ...files])
  for (const directory of directories) {
    await must(root, script(REMOVE, directory, directory === data ? MARKS.data : MARKS.keys))
  }
  await must(root, script(EMPTY_ONES, keys, settings, data, timer.replace(/\/[^/]+$/, '')))
}

// What tells that it is ours goes last: a second try must know it, too.
const REMOVE = 'find "$1" -mindepth 1 -maxdepth 1 ! -name "$2" -exec rm -rf {} + && rm -rf "$1"'
const EMPTY_ONES = 'for path; do rmdir "$path" 2>/dev/null; done; true'

const isGone = async (root: Target, instance: string, choice: Choice): Promise<void> => {
  const rest = planOf(instance, await look(root, instance), choice)
  if (isEmpty(rest)) return
  throw new TbsError('not_all_gone', `Something of ${instance} came back while it was removed`, {
    hint: 'Run the same command again',
    cause: await ask(root, ['docker', 'ps', '--all']),
  })
}
