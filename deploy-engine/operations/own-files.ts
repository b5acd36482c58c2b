import { TbsError } from '../error.ts'
import type { ContainerFile, Owner } from '../ports.ts'
import type { Secret } from '../secret.ts'
import type { Run } from './journal.ts'

export type OwnFiles = {
  workdir: string
  owner: Owner
  volumes: readonly string[]
  /** Text of `.env`. */
  env: string
  /** Config files by their path, relative to the working directory. */
  files: Readonly<Record<string, Secret>>
}

/**
 * Puts `.env` and the config files into a created container, for its user alone to read. Not into a volume: there the
 * values would outlive the container. Gives what a person should know. Fails with `file_in_volume`.
 */
export const putOwnFiles = async (run: Run, container: string, own: OwnFiles): Promise<string[]> => {
  const { workdir, owner, env, files } = own
  for (const path of absolutePaths(own)) refuseInVolume(run, own, path)
  if (volumeOf(own, workdir) !== undefined) return [`no .env: the working directory ${workdir} is in a volume`]
  const file = (name: string, text: string): ContainerFile => ({
    name,
    content: Buffer.from(text),
    mode: 0o400,
    ...owner,
  })
  const config = Object.entries(files).map(([path, content]) => file(path, content.reveal()))
  await run.engine.docker.putFiles(container, workdir, [file('.env', env), ...config])
  return []
}

/** Where the config files are in the container. */
export const absolutePaths = ({ workdir, files }: Pick<OwnFiles, 'workdir' | 'files'>): string[] =>
  Object.keys(files).map((path) => `${workdir.replace(/\/$/, '')}/${path}`)

const refuseInVolume = ({ bot }: Run, own: OwnFiles, path: string): void => {
  const volume = volumeOf(own, path)
  if (volume === undefined) return
  throw new TbsError('file_in_volume', `The config file ${path} of ${bot.name} would lie in the volume ${volume}`, {
    hint: 'It would outlive its container there: let the bot read it from elsewhere, or remove the config file',
  })
}

const volumeOf = ({ volumes }: OwnFiles, path: string): string | undefined =>
  volumes.find((volume) => `${path}/`.startsWith(`${volume.replace(/\/$/, '')}/`))
