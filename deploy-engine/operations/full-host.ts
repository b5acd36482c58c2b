import { TbsError } from '../error.ts'
import type { Run } from './journal.ts'

const MIB = 1024 * 1024
/** So much of the disk nothing that we begin may use up. */
export const SPARE_DISK_BYTES = 300 * MIB
const FREE_MEMORY = 100 * MIB

/** Fails with `disk_full` or `no_memory` on a host that has no room left for anything. */
export const refuseFullHost = async ({ engine: { files, settings } }: Run): Promise<void> => {
  const { freeBytes } = await files.freeDisk(settings.dataDir)
  if (freeBytes < SPARE_DISK_BYTES) {
    throw new TbsError('disk_full', `Only ${Math.floor(freeBytes / MIB)} MB of disk are free`, {
      hint: 'Free some disk and deploy again',
    })
  }
  const memory = await files.availableMemory()
  if (memory < FREE_MEMORY) {
    throw new TbsError('no_memory', `Only ${Math.floor(memory / MIB)} MB of memory are free on this host`, {
      hint: 'Stop something, or give the host more memory, and deploy again',
    })
  }
}
