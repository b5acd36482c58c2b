import { open, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { TbsError } from '../../error.ts'
import type { Entry } from './tree.ts'

const POINTER = Buffer.from('version https://git-lfs.github.com/spec/v1')
/** A pointer is smaller than this, after the specification of Git LFS. */
const POINTER_BYTES = 1024

/** Refuses a tree in which files are pointers to Git LFS: they would be built as they are. Fails with `lfs_pointer`. */
export const refusePointers = async (root: string, entries: readonly Entry[]): Promise<void> => {
  const files = entries.filter(({ kind }) => kind === 'file')
  if (!(await usesLfs(root, files))) return
  for (const { path } of files.filter(({ bytes }) => bytes >= POINTER.length && bytes < POINTER_BYTES)) {
    if (!(await isPointer(join(root, path)))) continue
    throw new TbsError('lfs_pointer', `${path} is kept in Git LFS, which is not fetched here`, {
      hint: `Commit the file itself (git lfs migrate export --include="${path}"), or download it in the Dockerfile`,
    })
  }
}

const usesLfs = async (root: string, files: readonly Entry[]): Promise<boolean> => {
  for (const { path } of files.filter((file) => basename(file.path) === '.gitattributes' && file.bytes < 1024 ** 2)) {
    if (/\bfilter=lfs\b/.test(await readFile(join(root, path), 'utf8'))) return true
  }
  return false
}

const isPointer = async (path: string): Promise<boolean> => {
  const file = await open(path)
  try {
    const { buffer } = await file.read(Buffer.alloc(POINTER.length), 0, POINTER.length, 0)
    return buffer.equals(POINTER)
  } finally {
    await file.close()
  }
}
