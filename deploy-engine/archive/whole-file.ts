import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { TbsError } from '../error.ts'

/** Writes beside, and gives it its name when all of it is on the disk. */
export const wholeFile = async <T>(file: string, write: (aside: string) => Promise<T>): Promise<T> => {
  const aside = `${file}.part`
  try {
    const result = await write(aside)
    await rename(aside, file)
    await syncDirectory(dirname(file))
    return result
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}

const syncDirectory = async (path: string): Promise<void> => {
  const directory = await open(path)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Anything else comes back as it is. */
export const diskFull = (error: unknown, file: string): unknown => {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new TbsError('disk_full', `The disk is full: ${file} could not be written, and nothing of it is left`, {
    hint: 'Free some disk; /prune shows which images nothing needs',
    cause: error,
  })
}
