import type { DockerPort } from '../../../deploy-engine/ports.ts'
import type { Call } from './call.ts'
import { hasLabels, isRunning } from './daemon.ts'
import { refused } from './refused.ts'

type NetworkPart = Pick<
  DockerPort,
  'networks' | 'subnets' | 'createNetwork' | 'removeNetwork' | 'createVolume' | 'volumes' | 'removeVolume'
>

export const networkPart = (call: Call): NetworkPart => ({
  networks: (labels) =>
    call(({ networks }) =>
      [...networks]
        .filter(([, network]) => hasLabels(network.labels, labels))
        .map(([id, { name, labels }]) => ({ id, name, labels })),
    ),

  subnets: () => call(({ networks }) => [...networks.values()].map(({ subnet }) => subnet)),

  createNetwork: ({ name, subnet, labels }) =>
    call((daemon) => {
      const all = [...daemon.networks.values()]
      if (all.some((other) => other.name === name)) throw refused(409, `network with name ${name} already exists`)
      if (all.some((other) => overlap(other.subnet, subnet))) {
        throw refused(403, 'Pool overlaps with other one on this address space')
      }
      const id = daemon.newId()
      daemon.networks.set(id, { name, subnet, labels })
      return id
    }),

  createVolume: ({ name, labels }) =>
    call(({ volumes }) => {
      if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) throw refused(400, `"${name}" includes invalid characters`)
      if (!volumes.has(name)) volumes.set(name, { labels, owner: { uid: 0, gid: 0 }, files: new Map() })
    }),

  removeNetwork: (id) =>
    call(({ networks, machines }) => {
      const name = networks.get(id)?.name
      const used = [...machines.values()].some((machine) => isRunning(machine) && machine.spec.network === name)
      return !used && (networks.delete(id) || true)
    }),

  volumes: (labels) =>
    call(({ volumes }) =>
      [...volumes]
        .filter(([, volume]) => hasLabels(volume.labels, labels))
        .map(([name, volume]) => ({ name, labels: volume.labels })),
    ),

  removeVolume: (name) =>
    call(({ volumes, machines }) => {
      const used = [...machines.values()].some(({ spec }) => spec.mounts.some(({ volume }) => volume === name))
      return !used && (volumes.delete(name) || true)
    }),
})

const overlap = (one: string, other: string): boolean => {
  const [a, b] = [rangeOf(one), rangeOf(other)]
  return a.first <= b.last && b.first <= a.last
}

const rangeOf = (cidr: string): { first: number; last: number } => {
  const [address = '', bits = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(bits))
  const first = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  return { first, last: first + size - 1 }
}
