import Docker from 'dockerode'
import { removeInstance } from '../../demo/remove-instance.ts'

export const docker = new Docker()

/** Address at which containers on default settings reach this host. */
export const bridgeGateway = async (): Promise<string> => {
  const { IPAM } = await docker.getNetwork('bridge').inspect()
  return IPAM?.Config?.[0]?.Gateway ?? '172.17.0.1'
}

/** Everything on the daemon that carries this installation's label, as readable names. */
export const objectsOf = async (instance: string): Promise<Record<string, string[]>> => {
  const filters = { label: [`tbs.instance=${instance}`] }
  const [containers, images, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listImages({ filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ])
  return {
    containers: containers.map(({ Names, State }) => `${Names[0]} ${State}`).sort(),
    images: images.flatMap(({ RepoTags, Id }) => RepoTags ?? [Id]).sort(),
    networks: networks.map(({ Name }) => Name).sort(),
    volumes: (volumes.Volumes ?? []).map(({ Name }) => Name).sort(),
  }
}

/** Removes everything that carries this installation's label. */
export const removeAll = (instance: string): Promise<void> => removeInstance(docker, instance)
