import type { Composed } from './compose.ts'
import { resolvePath, type SourceTree } from './source-tree.ts'

/**
 * Directories that a compose service keeps outside of its container, as it sees them. Left out is what a volume of ours
 * would break: the program itself, files, sockets, and what the repository ships.
 */
export const hostVolumes = (tree: SourceTree, service: Composed, workdirs: readonly string[]): string[] =>
  service.volumes.flatMap(({ from, to }) => {
    const path = to.replace(/\/+$/, '')
    const isUsable = USABLE.test(path) && !SYSTEM.test(path) && !coversProgram(path, workdirs)
    return isUsable && !isShipped(tree, service, from) ? [path] : []
  })

/** Without an ending: a file that is mounted would become a directory. */
const USABLE = /^(\/[A-Za-z0-9._-]{1,60}){1,12}$/
const SYSTEM = /^\/(proc|sys|dev|run|etc|var\/run|usr|bin|lib)(\/|$)|\/node_modules$|[^/]\.\w{1,6}$|\/\.{1,2}(\/|$)/

const coversProgram = (path: string, workdirs: readonly string[]): boolean =>
  workdirs.some((workdir) => workdir === path || workdir.startsWith(`${path}/`)) || /^\/(app|code|src|bot)$/.test(path)

const isShipped = (tree: SourceTree, service: Composed, from: string): boolean => {
  if (!from.startsWith('.')) return false
  const source = resolvePath(service.directory, from)
  if (source === undefined) return false
  return tree.files.some((path) => path === source || (path.startsWith(`${source}/`) && !/\/\.git\w+$/.test(path)))
}
