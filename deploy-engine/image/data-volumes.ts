import { badManifest } from '../source/manifest.ts'
import type { Program } from './program.ts'
import { placeOf, type SourceTree } from './source-tree.ts'

/**
 * What of a generated image outlives its container: run.volumes of tbs.yaml, else data/ beside the program, and what a
 * person chose. `tree` is the program's directory, which is `workdir` in the image.
 */
export const dataVolumes = (
  tree: SourceTree,
  { settings: { manifest, at }, volumes: chosen }: Program,
  workdir: string,
): { volumes: string[]; evidence: string[] } => {
  const named = manifest.run.volumes
  const found =
    named === undefined
      ? defaultVolume(tree, `${workdir}/data`)
      : { volumes: named, evidence: `volumes: ${named.join(', ') || 'none'} (${at('run.volumes')})` }
  const frozen = named?.find((path) => path === '/app' || path === workdir || path.startsWith('/app/node_modules'))
  if (frozen !== undefined) {
    throw badManifest(
      `run.volumes: a volume over ${frozen} would keep the program of the first release; name a directory for data`,
    )
  }
  const added = chosen.filter((path) => !found.volumes.includes(path))
  return {
    volumes: [...found.volumes, ...added],
    evidence: [found.evidence, ...(added.length === 0 ? [] : [`volumes: ${added.join(', ')}, chosen for this bot`])],
  }
}

const defaultVolume = (tree: SourceTree, data: string): { volumes: string[]; evidence: string } => {
  const shipped = tree.files.find((path) => path === 'data' || (path.startsWith('data/') && !isPlaceholder(path)))
  if (shipped !== undefined) {
    const advice = 'no volume over it; to keep what the bot writes, set run.volumes in tbs.yaml'
    return { volumes: [], evidence: `volumes: none. The repository ships ${shipped}: ${advice}` }
  }
  const ignored = placeOf(tree, '.gitignore', /^\/?data(\/|\s*$)/)
  const reason = ignored === '.gitignore' ? 'what the bot writes to data/ is kept' : `data/ is kept (${ignored})`
  return { volumes: [data], evidence: `volume: ${data}, ${reason}` }
}

/** Files that are there only because git keeps no empty directories. */
const isPlaceholder = (path: string): boolean =>
  /\/(\.gitkeep|\.keep|\.gitignore|\.placeholder|\.empty|README(\.\w+)?)$/i.test(path)
