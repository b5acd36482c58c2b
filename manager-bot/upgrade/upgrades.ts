import { join } from 'node:path'
import {
  beginUpgrade,
  type Engine,
  managerContainer,
  messageOf,
  TbsError,
  type Upgrade,
  type Upgrading,
  versionBefore,
  type WantedUpgrade,
} from '../../deploy-engine/index.ts'
import { ownVersion } from '../own-version.ts'
import { managerImage, ownPackage } from '../package-files.ts'
import { download, findPublished, type Published } from './registry.ts'
import { unpackPackage } from './unpack.ts'

/** The manager's way to replace itself. */
export type Upgrades = {
  own: string
  /** The newest version, or that one. Fails with `not_installed`, `same_version` or like `findPublished`. */
  find(version: string | undefined): Promise<Published>
  /** The version before. Fails with `not_installed` or `no_version_before`. */
  before(): Promise<{ version: string }>
  /**
   * Fetches that version and builds its image, then begins to replace the manager by it; resolves when that has
   * begun, after minutes. Fails with `upgrade_running`, or like fetching, building and `beginUpgrade`, and has then
   * changed nothing.
   */
  begin(published: Published, by: By): Promise<Upgrade>
  /** The same with the version before, which is there. */
  back(by: By): Promise<Upgrade>
}

export type By = Required<Pick<WantedUpgrade, 'requestedBy' | 'place'>>

type Parts = { engine: Engine; upgrading: Upgrading; registry: string; signal: AbortSignal }

export const openUpgrades = ({ engine, upgrading, registry, signal }: Parts): Upgrades => {
  const { docker, instance } = upgrading
  let busy = false
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy) throw new TbsError('upgrade_running', 'Another upgrade is being prepared', { hint: 'Wait for its end' })
    busy = true
    return work().finally(() => {
      busy = false
    })
  }
  return {
    own: ownVersion(),
    find: async (version) => {
      await refuseElsewhere(upgrading)
      const published = await findPublished(registry, version, signal)
      if (published.version !== ownVersion()) return published
      throw new TbsError('same_version', `The manager is ${published.version} already`, {
        hint: version === undefined ? 'That is the newest there is' : 'There is nothing to do',
      })
    },
    before: async () => {
      await refuseElsewhere(upgrading)
      return versionBefore(upgrading)
    },
    begin: (published, by) =>
      alone(async () => {
        const directory = await engine.files.temporary('upgrade')
        try {
          const root = join(directory, 'package')
          await unpackPackage(await download(published, signal), root)
          const own = await ownPackage(root)
          const image = await docker.build(own.archive, managerImage(instance, own), signal)
          return await beginUpgrade(upgrading, { image, ...by })
        } finally {
          await engine.files.remove(directory).catch((err) => {
            engine.log.warn({ reason: messageOf(err) }, 'what an upgrade was made of could not be removed')
          })
        }
      }),
    back: (by) => alone(() => beginUpgrade(upgrading, by)),
  }
}

const refuseElsewhere = async ({ docker, instance }: Upgrading): Promise<void> => {
  if (await managerContainer(docker, instance)) return
  throw new TbsError('not_installed', 'This manager does not run in a container that was installed', {
    hint: 'Stop it, and start the version that you want in the way that this one was started',
  })
}
