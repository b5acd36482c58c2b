import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type EngineSettings, Secret } from '../../deploy-engine/index.ts'
import type { BackupKeys } from '../../deploy-engine/ports.ts'
import { type Daemon, memoryDaemon } from '../helpers/memory-docker/daemon.ts'
import { type MemoryFiles, memoryFiles } from '../helpers/memory-docker/files.ts'
import { type MemoryGit, memoryGit } from '../helpers/memory-docker/git.ts'
import { type MemoryTelegram, memoryTelegram } from '../helpers/memory-docker/telegram.ts'
import { type VirtualClock, virtualClock } from '../helpers/memory-docker/virtual-clock.ts'

export const BOT = 'my-bot'
export const TOKEN = '100000001:AAabcdefghijklmnopqrstuvwxyz0123456'

/** All that outlives a manager: Docker, Telegram, the repository and the disk. */
export type World = {
  clock: VirtualClock
  telegram: MemoryTelegram
  files: MemoryFiles
  git: MemoryGit
  daemon: Daemon
  backupKeys: BackupKeys
  settings: EngineSettings
}

/** A world of its own in a real, empty directory for database and key. */
export const newWorld = async (directory: string): Promise<World> => {
  const dataDir = join(directory, 'data')
  await mkdir(dataDir, { recursive: true })
  const clock = virtualClock()
  const telegram = memoryTelegram(clock)
  const files = memoryFiles(dataDir)
  telegram.addBot(TOKEN, 'my_fixture_bot')
  return {
    clock,
    telegram,
    files,
    git: memoryGit(clock, files),
    daemon: memoryDaemon({ clock, telegram, files }),
    backupKeys: {
      identity: async () => new Secret('AGE-SECRET-KEY-1MEMORY'),
      recovery: async () => undefined,
      setRecovery: async () => {},
      recipients: async () => ['age1memory'],
    },
    settings: {
      instance: 'tbs-p',
      dataDir,
      keyFile: join(directory, 'key'),
      apiRoot: 'http://memory',
      botsApiRoot: 'http://memory',
      gitProtocols: ['file'],
      netPool: '10.213.0.0/16',
      timezone: 'Etc/UTC',
    },
  }
}

/** A world whose database is a copy of another's: what is the same in all of them is done once. */
export const copyWorld = async (from: World, directory: string): Promise<World> => {
  const world = await newWorld(directory)
  await copyFile(from.settings.keyFile, world.settings.keyFile)
  await copyFile(join(from.settings.dataDir, 'tbs.sqlite'), join(world.settings.dataDir, 'tbs.sqlite'))
  return world
}
