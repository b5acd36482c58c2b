import type Docker from 'dockerode'
import type { DockerPort } from '../../ports.ts'

export const versionPart = (docker: Docker): Pick<DockerPort, 'version' | 'apiVersion'> => ({
  version: async () => (await docker.version()).Version,
  apiVersion: async () => (await docker.version()).ApiVersion,
})
