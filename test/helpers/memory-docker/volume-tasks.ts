import { COPY, FOREIGN, GIVE, GIVE_BACK, MEASURE, SIZES, SYNC } from '../../../deploy-engine/container/volume-task.ts'
import type { Daemon, Machine, Volume } from './daemon.ts'

/** What the engine's own scripts do to volumes, and what they print; undefined: the container runs no such script. */
export const volumeTask = (daemon: Daemon, machine: Machine): string[] | undefined => {
  const [shell, , script = '', , ...args] = machine.spec.command ?? []
  if (shell !== 'bash') return undefined
  const at = (path: string): Volume => {
    const mount = machine.spec.mounts.find((one) => one.path === path)
    const volume = mount && daemon.volumes.get(mount.volume)
    if (!volume) throw new Error(`no volume at ${path}`)
    return volume
  }
  if (script.endsWith(COPY)) {
    for (const place of args) {
      const [from, to] = [at(`/from/${place}`), at(`/to/${place}`)]
      to.files = new Map(from.files)
      to.owner = from.owner
    }
    return []
  }
  if (script.endsWith(SIZES)) return ['0', '1']
  if (script.endsWith(MEASURE)) return ['0', String(50 * 1024 ** 3)]
  return [FOREIGN, GIVE, GIVE_BACK, SYNC, ':'].some((known) => script.endsWith(known)) ? [] : undefined
}
