import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectDocker } from '../../deploy-engine/io/docker/connect.ts'
import { localFiles } from '../../deploy-engine/io/files.ts'
import { describeDockerPort } from '../conformance/docker-port.ts'
import { removeAll } from '../helpers/docker.ts'

describeDockerPort('Docker', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-conformance-'))
  return {
    docker: connectDocker(),
    files: localFiles(directory),
    directory,
    sleep,
    now: Date.now,
    during: (work) => work,
    close: async (instance) => {
      await removeAll(instance)
      await rm(directory, { recursive: true, force: true })
    },
  }
})
