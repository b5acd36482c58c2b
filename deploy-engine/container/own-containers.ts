import type { DockerPort } from '../ports.ts'
import { instanceLabels } from './labels.ts'

type Listing = Pick<DockerPort, 'containers'>
type Own = Awaited<ReturnType<Listing['containers']>>[number]

/** Containers of the installation itself: the manager, and what upgrades it. */
export const ownContainers = (docker: Listing, instance: string, role: 'manager' | 'upgrade'): Promise<Own[]> =>
  docker.containers({ ...instanceLabels(instance), 'tbs.role': role })

/** The container that the manager is in, or was; of several the one that runs. undefined: it has none. */
export const managerContainer = async (docker: Listing, instance: string): Promise<Own | undefined> => {
  const managers = await ownContainers(docker, instance, 'manager')
  return managers.find(({ running }) => running) ?? managers[0]
}
