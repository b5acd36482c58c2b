import type { Bot } from '../../deploy-engine/index.ts'

/** A bot as it is registered. */
export const addedBot = (name: string): Bot => ({
  id: 1,
  name,
  repo: 'https://example.org/e.git',
  branch: 'main',
  tokenEnv: null,
  path: null,
  ignoreDockerfile: false,
  volumes: [],
  memoryBytes: null,
  cpus: null,
  autoRollback: true,
  lock: null,
  env: {},
  telegramId: 7,
  username: `${name.replaceAll('-', '_')}`,
  lastRelease: 3,
  createdAt: 0,
  stoppedAt: null,
  removedAt: null,
})
