import Docker from 'dockerode'

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
export const removeAll = async (instance: string): Promise<void> => {
  const filters = { label: [`tbs.instance=${instance}`] }
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true }).catch(gone)
  }
  for (const { Id, RepoTags } of await docker.listImages({ filters })) {
    for (const name of RepoTags ?? [Id]) await docker.getImage(name).remove({ force: true }).catch(gone)
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove().catch(gone)
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) {
    await docker.getVolume(Name).remove().catch(gone)
  }
}

const gone = (error: { statusCode?: number }): void => {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error
}
