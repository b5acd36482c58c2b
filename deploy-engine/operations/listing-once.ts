import { instanceLabels } from '../container/labels.ts'
import type { DockerPort, Engine, Labels } from '../ports.ts'

/**
 * The same engine, whose Docker lists this installation's containers, images and volumes once and not for each bot:
 * every list takes the daemon the longer the more there is. For work that only removes; what goes is listed no more.
 */
export const listingOnce = (engine: Engine): Engine => {
  const { docker, settings } = engine
  const ours = instanceLabels(settings.instance)
  const containers = once((labels) => docker.containers(labels), ours)
  const images = once((labels) => docker.images(labels), ours)
  const volumes = once((labels) => docker.volumes(labels), ours)
  const listing: Partial<DockerPort> = {
    containers: containers.like,
    images: (labels, options) => (options ? docker.images(labels, options) : images.like(labels)),
    volumes: volumes.like,
    removeContainer: (id) => docker.removeContainer(id).finally(containers.forget),
    removeImage: (reference) => docker.removeImage(reference).finally(images.forget),
    removeVolume: (name) => docker.removeVolume(name).finally(volumes.forget),
  }
  return { ...engine, docker: { ...docker, ...listing } }
}

const once = <T extends { labels: Labels }>(list: (labels: Labels) => Promise<T[]>, all: Labels) => {
  let known: Promise<T[]> | undefined
  const forget = () => {
    known = undefined
  }
  const anew = () =>
    list(all).catch((error) => {
      forget()
      throw error
    })
  const like = async (labels: Labels): Promise<T[]> => {
    known ??= anew()
    return (await known).filter((one) => Object.entries(labels).every(([name, value]) => one.labels[name] === value))
  }
  return { like, forget }
}
