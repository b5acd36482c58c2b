import type Docker from 'dockerode'

/** Removes every Docker object that carries the label of this installation, and nothing else. */
export const removeInstance = async (docker: Docker, instance: string): Promise<void> => {
  const filters = { label: [`tbs.instance=${instance}`] }
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true })
  }
  for (const { Id, RepoTags } of await docker.listImages({ filters })) {
    for (const name of RepoTags ?? [Id]) await docker.getImage(name).remove({ force: true })
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove()
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(Name).remove()
}
