import { join } from 'node:path'
import { interesting, type SourceTree } from '../image/source-tree.ts'
import type { FilesPort } from '../ports.ts'

/** What detection looks at, of the files in a directory. */
export const readTree = async (port: FilesPort, directory: string): Promise<SourceTree> => {
  const files = await port.list(directory)
  const text = new Map<string, string>()
  for (const path of files.filter(interesting)) {
    const content = await port.readText(join(directory, path))
    if (content !== undefined) text.set(path, content)
  }
  return { files, text }
}
