import type { DockerPort } from '../../ports.ts'
import { attachPart } from './attach.ts'
import { buildPart } from './build.ts'
import { containerPart } from './containers.ts'
import { daemonPart } from './daemon.ts'
import { eventPart } from './events.ts'
import { imagePart } from './images.ts'
import { insidePart } from './inside.ts'
import { logPart } from './logs.ts'
import { networkPart } from './networks.ts'
import { openDocker } from './open-docker.ts'
import { versionPart } from './version.ts'

/** Docker as DOCKER_HOST names it, else the local socket. Nothing is asked of it before the first call. */
export const connectDocker = (): DockerPort => {
  const docker = openDocker()
  return {
    ...daemonPart(docker),
    ...buildPart(docker),
    ...imagePart(docker),
    ...containerPart(docker),
    ...eventPart(docker),
    ...insidePart(docker),
    ...attachPart(docker),
    ...logPart(docker),
    ...networkPart(docker),
    ...versionPart(docker),
  }
}
