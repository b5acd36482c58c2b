import type Docker from 'dockerode'
import type { DockerPort } from '../../ports.ts'
import { labelFilter } from './filters.ts'
import { ignoreStatus } from './status.ts'

type NetworkPart = Pick<
  DockerPort,
  'networks' | 'subnets' | 'createNetwork' | 'removeNetwork' | 'volumes' | 'createVolume' | 'removeVolume'
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

  removeNetwork: async (id) => {
    await docker.getNetwork(id).remove().catch(ignoreStatus(404))
  },

  volumes: async (labels) => {
    const { Volumes } = await docker.listVolumes({ filters: { label: labelFilter(labels) } })
    return (Volumes ?? []).map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} }))
  },

  createVolume: async ({ name, labels }) => {
    await docker.createVolume({ Name: name, Labels: labels })
  },

  // 409: a container still uses it.
  removeVolume: async (name) => {
    await docker.getVolume(name).remove().catch(ignoreStatus(404, 409))
  },
})
