import { createServer } from 'node:net'
import type Docker from 'dockerode'

/**
 * This host's address on Docker's default bridge, where containers reach it. None where the bridge is on another
 * machine, as with Docker Desktop, which brings containers to the loopback address by itself.
 */
export const bridgeAddresses = async (docker: Docker): Promise<string[]> => {
  const { IPAM } = await docker.getNetwork('bridge').inspect()
  const { Gateway, Subnet } = IPAM?.Config?.[0] ?? {}
  // A daemon that has never been restarted does not tell the gateway. The list of this host's interfaces does not
  // help: it leaves the bridge out while no container is attached to it.
  const address = Gateway ?? firstOf(Subnet)
  return address && (await isOurs(address)) ? [address] : []
}

const firstOf = (subnet: string | undefined): string | undefined => subnet?.replace(/\.\d+\/\d+$/, '.1')

const isOurs = (address: string): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen(0, address, () => server.close(() => done(true)))
  })
