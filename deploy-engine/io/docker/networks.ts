import type Docker from 'dockerode'
import type { DockerPort } from '../../ports.ts'
import { labelFilter } from './filters.ts'
import { hasStatus } from './status.ts'

type NetworkPart = Pick<
  DockerPort,
  'networks' | 'subnets' | 'createNetwork' | 'removeNetwork' | 'createVolume' | 'volumes' | 'removeVolume'
>

export const networkPart = (docker: Docker): NetworkPart => ({
  networks: async (labels) => {
    const found = await docker.listNetworks({ filters: { label: labelFilter(labels) } })
    return found.map(({ Id, Name, Labels }) => ({ id: Id, name: Name, labels: Labels ?? {} }))
  },

  subnets: async () => {
    const all = await docker.listNetworks()
    return all
      .flatMap(({ IPAM }) => IPAM?.Config ?? [])
      .flatMap(({ Subnet }) => (Subnet && !Subnet.includes(':') ? [Subnet] : []))
  },

  createNetwork: async ({ name, subnet, labels }) => {
    const network = await docker.createNetwork({
      Name: name,
      CheckDuplicate: true,
      Driver: 'bridge',
      IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
      Labels: labels,
    })
    return network.id
  },

  removeNetwork: (id) => removed(docker.getNetwork(id).remove()),

  createVolume: async ({ name, labels }) => {
    await docker.createVolume({ Name: name, Labels: labels })
  },

  volumes: async (labels) => {
    const { Volumes } = await docker.listVolumes({ filters: { label: labelFilter(labels) } })
    return (Volumes ?? []).map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} }))
  },

  removeVolume: (name) => removed(docker.getVolume(name).remove()),
})

// 404: gone already, which is the goal. 403 and 409: in use.
const removed = async (removal: Promise<unknown>): Promise<boolean> => {
  try {
    await removal
    return true
  } catch (error) {
    if (hasStatus(error, 404)) return true
    if (hasStatus(error, 403) || hasStatus(error, 409)) return false
    throw error
  }
}
