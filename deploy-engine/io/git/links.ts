import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { TbsError } from '../../error.ts'
import type { Entry } from './tree.ts'

/**
 * Refuses symbolic links that lead to something of this machine: whoever reads the tree would follow them. Links to
 * what is not here may mean a file of the image and stay. Fails with `unsafe_link`.
 */
export const refuseOutsideLinks = async (root: string, entries: readonly Entry[]): Promise<void> => {
  for (const { path } of entries.filter(({ kind }) => kind === 'link')) {
    const target = await realpath(join(root, path)).catch(() => undefined)
    if (target === undefined || target === root || target.startsWith(root + sep)) continue
    throw new TbsError('unsafe_link', `${path} is a link that leads out of the repository`, {
      hint: 'Put the file itself into the repository, or have the Dockerfile make the link',
    })
  }
}
