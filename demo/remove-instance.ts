import type Docker from 'dockerode'

/** Removes every Docker object that carries the label of this installation, and nothing else. */
export const removeInstance = async (docker: Docker, instance: string): Promise<void> => {
  const filters = { label: [`tbs.instance=${instance}`] }
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(Id).remove({ force: true, v: true }).catch(ignoreGone)
  }
  for (const { Id } of await docker.listImages({ filters })) {
    await docker.getImage(Id).remove({ force: true }).catch(ignoreGone)
  }
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove().catch(ignoreGone)
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) {
    await docker.getVolume(Name).remove().catch(ignoreGone)
  }
}

// Removing one layer takes others along; 409 is a removal that is under way.
const ignoreGone = (error: { statusCode?: number }): void => {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error
}
