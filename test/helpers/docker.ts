import Docker from 'dockerode'
import { bridgeAddresses } from '../../demo/bridge-address.ts'
import { removeInstance } from '../../demo/remove-instance.ts'

export const docker = new Docker()

/** Where a sandbox listens that both this process and containers reach. */
export const sandboxHosts = async (): Promise<string[]> => ['127.0.0.1', ...(await bridgeAddresses(docker))]

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
