import type { ManifestFile } from '../source/manifest.ts'
import { upwards } from './source-tree.ts'

/** Where a program without a Dockerfile is, and what decides about its image. */
export type Program = {
  /** Relative to the repository. */
  directory: string
  settings: ManifestFile
  /** Directories that a person turned into volumes. */
  volumes: readonly string[]
}

/** A list that lets nothing through but a few names was written for another Dockerfile and would starve ours. */
export const ignoreFile = (theirs: string): string => {
  const isDenyAll = /^\s*(\*|\*\*|\.|\/)\s*$/m.test(theirs)
  return `${[...(isDenyAll ? [] : [theirs.trimEnd()]), ...IGNORED].filter(Boolean).join('\n')}\n`
}

const IGNORED = ['.git', '**/node_modules', '**/.env', 'Dockerfile', '.dockerignore', 'tbs.yaml']

/** What the bot has to own in the image: /app, its volumes, and the directories in between that mkdir makes. */
export const ownedDirectories = (directories: readonly string[]): string[] => {
  const between = directories.flatMap((path) => (path.startsWith('/app/') ? upwards(path) : [path]))
  return [...new Set(['/app', ...between.filter((path) => path !== '').sort()])]
}
