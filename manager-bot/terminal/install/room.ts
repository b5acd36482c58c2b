import { TbsError } from '../../../deploy-engine/index.ts'
import { memorySize, size } from '../../text/size.ts'
import { ask, type Target } from './target.ts'

export type Room = { freeBytes: number; memoryBytes: number; enough: boolean }

// The image takes 0.4 GB, what it is built from and with 1 GB.
const LEAST_DISK = 3e9
const LEAST_MEMORY = 400 * 1024 ** 2
/** Below this a second bot of some size is too much. */
const GOOD_MEMORY = 900 * 1024 ** 2

/** Fails with `too_small`, before anything is changed; what is installed already has its room. */
export const lookAtRoom = async (root: Target, { installed }: { installed: boolean }): Promise<Room> => {
  const disk = (await ask(root, ['df', '-Pk', '/var/lib'])) ?? ''
  const memory = (await ask(root, ['cat', '/proc/meminfo'])) ?? ''
  const freeBytes = Number(disk.split('\n').at(-1)?.trim().split(/\s+/)[3]) * 1024
  const memoryBytes = Number(/^MemTotal:\s+(\d+) kB/m.exec(memory)?.[1]) * 1024
  if (freeBytes < LEAST_DISK && !installed) {
    throw tooSmall(root, `has ${size(freeBytes)} of disk free in /var/lib, and ${size(LEAST_DISK)} are needed`)
  }
  if (memoryBytes < LEAST_MEMORY && !installed) {
    throw tooSmall(root, `has ${memorySize(memoryBytes)} of memory, and ${memorySize(LEAST_MEMORY)} are needed`)
  }
  return { freeBytes, memoryBytes, enough: memoryBytes >= GOOD_MEMORY }
}

export const roomText = ({ freeBytes, memoryBytes, enough }: Room): string => {
  const found = `${size(freeBytes)} of disk free, ${memorySize(memoryBytes)} of memory`
  return enough ? found : `${found}: enough for the manager and a small bot or two`
}

const tooSmall = (root: Target, why: string): TbsError =>
  new TbsError('too_small', `${root.name} ${why}`, { hint: 'Nothing was changed. Make room, or take a larger server' })
