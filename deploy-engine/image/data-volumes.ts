import { badManifest, type ManifestFile } from '../source/manifest.ts'
import { placeOf, type SourceTree } from './source-tree.ts'

const DATA = '/app/data'

/** What of a generated image outlives its container: run.volumes of tbs.yaml, else /app/data. */
export const dataVolumes = (
  tree: SourceTree,
  { manifest, at }: ManifestFile,
): { volumes: string[]; evidence: string } => {
  const { volumes } = manifest.run
  if (volumes === undefined) return defaultVolume(tree)
  const frozen = volumes.find((path) => path === '/app' || path.startsWith('/app/node_modules'))
  if (frozen !== undefined) {
    throw badManifest(
      `run.volumes: a volume over ${frozen} would keep the program of the first release; name a directory for data`,
    )
  }
  return { volumes, evidence: `volumes: ${volumes.join(', ') || 'none'} (${at('run.volumes')})` }
}

const defaultVolume = (tree: SourceTree): { volumes: string[]; evidence: string } => {
  const shipped = tree.files.find((path) => path === 'data' || (path.startsWith('data/') && !isPlaceholder(path)))
  if (shipped !== undefined) {
    const advice = 'no volume over it; to keep what the bot writes, set run.volumes in tbs.yaml'
    return { volumes: [], evidence: `volumes: none. The repository ships ${shipped}: ${advice}` }
  }
  const ignored = placeOf(tree, '.gitignore', /^\/?data(\/|\s*$)/)
  const reason = ignored === '.gitignore' ? 'what the bot writes to data/ is kept' : `data/ is kept (${ignored})`
  return { volumes: [DATA], evidence: `volume: ${DATA}, ${reason}` }
}

/** Files that are there only because git keeps no empty directories. */
const isPlaceholder = (path: string): boolean =>
  /\/(\.gitkeep|\.keep|\.gitignore|\.placeholder|\.empty|README(\.\w+)?)$/i.test(path)
