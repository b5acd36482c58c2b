import { join } from 'node:path'
import { type Check, type Engine, type HostPorts, privateFiles } from '../../deploy-engine/index.ts'
import type { Config } from '../config.ts'
import { hostTimerCheck } from './host-timer-check.ts'
import { lookAtConflict } from './look-at-conflict.ts'
import { lookAtToken, lookAtWebhook } from './own-bot.ts'
import { redisCheck } from './redis-check.ts'

/** What the engine does not know of: the manager's own bot, its Redis, and what looks after it from outside. */
export const managerChecks = (host: HostPorts, config: Config, engine?: Engine): Check[] => [
  { name: 'token', look: (signal) => lookAtToken(host, config, signal) },
  { name: 'webhook', look: (signal) => lookAtWebhook(host, config, signal) },
  ...(engine ? [{ name: 'conflict', look: () => lookAtConflict(engine, config) }] : []),
  privateFiles('files', host.files, [
    ...(config.tokenFile === undefined ? [] : [{ path: config.tokenFile, mode: 0o600 }]),
    { path: join(config.dataDir, 'owners'), mode: 0o600 },
  ]),
  redisCheck(host, config),
  hostTimerCheck(host, config),
]
