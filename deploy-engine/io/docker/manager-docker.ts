import { Readable } from 'node:stream'
import type { ContainerCreateOptions, ContainerInspectInfo, ImageInspectInfo } from 'dockerode'
import { TbsError } from '../../error.ts'
import type { Labels } from '../../ports.ts'
import type { Like, ManagerDocker } from '../../upgrade/ports.ts'
import { containerPart } from './containers.ts'
import { imagePart } from './images.ts'
import { logPart } from './logs.ts'
import { openDocker } from './open-docker.ts'
import { ignoreStatus } from './status.ts'

/** Docker for the installation's own containers. */
export const managerDocker = (): ManagerDocker => {
  const docker = openDocker()
  return {
    ...containerPart(docker),
    ...imagePart(docker),
    ...logPart(docker),

    build: async (archive, { tag, dockerfile, labels }, signal) => {
      const options = { t: tag, dockerfile, labels, forcerm: true, abortSignal: signal }
      const progress = await docker.buildImage(Readable.from([archive]), options)
      await new Promise<void>((resolve, reject) => {
        docker.modem.followProgress(progress, (error) => (error ? reject(notBuilt(error)) : resolve()))
      })
      return (await docker.getImage(tag).inspect()).Id
    },

    imageVersion: async (reference) => {
      const found = await docker.getImage(reference).inspect().catch(ignoreStatus(404))
      return found && { image: found.Id, version: versionIn(found.Config) }
    },

    // By its image's label, which a container has, too: the image itself may be gone.
    versionOf: async (container) => {
      const { Image, Config } = await docker.getContainer(container).inspect()
      return { image: Image, version: versionIn(Config) }
    },

    createLike: async (container, wanted) => {
      const like = await docker.getContainer(container).inspect()
      const image = await docker.getImage(like.Image).inspect()
      return (await docker.createContainer(createOptions(like, image, wanted))).id
    },

    rename: async (id, name) => {
      const container = docker.getContainer(id)
      const { Name } = await container.inspect()
      if (Name !== `/${name}`) await container.rename({ name })
    },
  }
}

const notBuilt = (cause: Error): TbsError =>
  new TbsError('image_not_built', `The manager's image could not be built: ${cause.message}`, { cause })

const versionIn = ({ Labels: labels }: { Labels?: Labels | null }): string => labels?.['tbs.version'] ?? 'unknown'

/** By this label an installer knows the container that it made; one that is like it is another one. */
const MADE_BY_INSTALLER = 'tbs.spec'

const createOptions = (
  { Config: config, HostConfig: host }: ContainerInspectInfo,
  { Config: given }: ImageInspectInfo,
  { name, image, labels, command, restart }: Like,
): ContainerCreateOptions => {
  // What the old image gave is the new one's to give.
  const own = <T>(value: T, ofImage: T): T | undefined =>
    JSON.stringify(value) === JSON.stringify(ofImage) ? undefined : value
  const cmd = command ? [...command] : own(config.Cmd, given.Cmd)
  const entrypoint = own(config.Entrypoint, given.Entrypoint)
  const healthcheck = own(config.Healthcheck, given.Healthcheck)
  return {
    name,
    Image: image,
    Env: config.Env.filter((one) => !given.Env?.includes(one)),
    Labels: { ...ownLabels(config.Labels, given.Labels ?? {}), ...labels },
    ...(config.User && { User: config.User }),
    ...(cmd && { Cmd: cmd }),
    ...(entrypoint !== undefined && { Entrypoint: entrypoint }),
    ...(healthcheck && { Healthcheck: healthcheck }),
    ...('StopTimeout' in config && typeof config.StopTimeout === 'number' && { StopTimeout: config.StopTimeout }),
    HostConfig: { ...host, RestartPolicy: { Name: restart } },
  }
}

const ownLabels = (all: Labels, ofImage: Labels): Labels =>
  Object.fromEntries(
    Object.entries(all).filter(([key, value]) => {
      // Instance and role are the image's, too, and by them everything is found.
      if (key === 'tbs.instance' || key === 'tbs.role') return true
      return key !== MADE_BY_INSTALLER && ofImage[key] !== value
    }),
  )
