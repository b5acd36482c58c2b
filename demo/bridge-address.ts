import { networkInterfaces } from 'node:os'
import type Docker from 'dockerode'

/**
 * This host's addresses on Docker's default bridge, where containers reach it. None where the bridge is on another
 * machine, as with Docker Desktop, which brings containers to the loopback address by itself.
 */
export const bridgeAddresses = async (docker: Docker): Promise<string[]> => {
  const { Options } = await docker.getNetwork('bridge').inspect()
  const name = Options?.['com.docker.network.bridge.name'] ?? 'docker0'
  return (networkInterfaces()[name] ?? []).flatMap(({ family, address }) => (family === 'IPv4' ? [address] : []))
}
