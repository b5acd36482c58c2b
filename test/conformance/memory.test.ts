import { connectMemory } from '../helpers/memory-docker/connect.ts'
import { memoryDaemon } from '../helpers/memory-docker/daemon.ts'
import { memoryFiles } from '../helpers/memory-docker/files.ts'
import { memoryTelegram } from '../helpers/memory-docker/telegram.ts'
import { virtualClock } from '../helpers/memory-docker/virtual-clock.ts'
import { describeDockerPort } from './docker-port.ts'

const PATIENCE_MS = 60_000

describeDockerPort('Docker in memory', async () => {
  const clock = virtualClock()
  const files = memoryFiles('/data')
  const daemon = memoryDaemon({ clock, files, telegram: memoryTelegram(clock) })
  return {
    docker: connectMemory(daemon),
    files,
    directory: '/data/contexts',
    sleep: clock.sleep,
    now: clock.now,
    during: (work) => clock.until(work, PATIENCE_MS),
    close: async () => {},
  }
})
