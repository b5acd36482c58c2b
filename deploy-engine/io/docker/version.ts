import type Docker from 'dockerode'
import type { DockerPort } from '../../ports.ts'

export const versionPart = (docker: Docker): Pick<DockerPort, 'version'> => ({
  version: async () => (await docker.version()).Version,
})
