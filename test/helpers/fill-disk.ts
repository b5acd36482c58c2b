import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'

const MIB = 1024 * 1024

/** Fills a file system until only so much is free; gives what empties it again. */
export const fillDisk = async (directory: string, leaveMb: number): Promise<() => Promise<void>> => {
  const path = join(directory, 'filler')
  const { bavail, bsize } = await statfs(directory)
  const file = await open(path, 'w')
  const chunk = Buffer.alloc(MIB)
  for (let left = bavail * bsize - leaveMb * MIB; left > 0; left -= MIB) {
    await file.write(chunk, 0, Math.min(MIB, left)).catch(() => undefined)
  }
  await file.close()
  return () => rm(path)
}
