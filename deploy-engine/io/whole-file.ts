import { randomBytes } from 'node:crypto'
import { link, mkdir, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes a file that only its owner can read, unless it is there: whole or not at all, also when two do it at once. */
export const createWhole = (path: string, text: string): Promise<void> =>
  aside(path, text, async (written) => {
    await link(written, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
    await unlink(written)
  })

/** The same in the place of what is there. */
export const replaceWhole = (path: string, text: string): Promise<void> =>
  aside(path, text, (written) => rename(written, path))

const aside = async (path: string, text: string, place: (written: string) => Promise<void>): Promise<void> => {
  await mkdir(dirname(path), { recursive: true })
  const written = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(written, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
    await place(written)
  } catch (error) {
    await unlink(written).catch(() => undefined)
    throw error
  } finally {
    await file.close()
  }
}
