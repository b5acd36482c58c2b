import type Docker from 'dockerode'
import type { DockerPort } from '../../ports.ts'
import { labelFilter } from './filters.ts'

type NetworkPart = Pick<DockerPort, 'networks' | 'subnets' | 'createNetwork' | 'createVolume'>

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

  createVolume: async ({ name, labels }) => {
    await docker.createVolume({ Name: name, Labels: labels })
  },
})
