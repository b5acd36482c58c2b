import { resolve } from 'node:path/posix'
import { TbsError } from '../error.ts'

type DataVolume = { name: string; path: string }

/** Which volume a path in a bot's container lies in, and where in it. Fails with `outside_volumes`. */
export const placeInVolume = <Volume extends DataVolume>(
  bot: string,
  volumes: readonly Volume[],
  path: string,
): { volume: Volume; below: string } => {
  const whole = resolve('/', path)
  const found = volumes
    .filter((volume) => whole === volume.path || whole.startsWith(`${volume.path}/`))
    .sort((one, other) => other.path.length - one.path.length)
    .at(0)
  if (path.startsWith('/') && found) return { volume: found, below: whole.slice(found.path.length + 1) }
  const where = volumes.map((volume) => volume.path).join(', ')
  throw new TbsError('outside_volumes', `${path} is in no volume of ${bot}: what is there is lost with each deploy`, {
    hint: where === '' ? `It has none: /volume ${bot} <path> makes one` : `Its volumes: ${where}`,
  })
}
