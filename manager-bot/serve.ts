import { setMaxListeners } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import * as verbs from '../deploy-engine/index.ts'
import {
  finishRotation,
  interruptOperations,
  type Log,
  lookAtOperation,
  openEngine,
  openUpgrading,
  recover,
  type Secret,
  watchBackups,
  watchBots,
  watchHealth,
  watchHost,
  watchLiveness,
  watchResources,
} from '../deploy-engine/index.ts'
import { openChat } from './chat/open-chat.ts'
import { sealedInChat } from './chat/records/sealed.ts'
import { chatTables } from './chat/records/tables.ts'
import { commands } from './commands/index.ts'
import { type Config, engineSettings, requireToken } from './config.ts'
import { guardEventLoop } from './event-loop-guard.ts'
import { beat } from './heartbeat.ts'
import { callHeartbeatUrl } from './heartbeat-url.ts'
import { askWhoRuns, lockDataDir } from './lock.ts'
import { ownVersion } from './own-version.ts'
import { openQueue, startWorker } from './queue.ts'
import { openRedis } from './redis.ts'
import { redisLook } from './redis-look.ts'
import { persistentQueue } from './requeue.ts'
import { openWatchdog } from './watchdog.ts'

export type ServeOptions = {
  log: Log
  /** Told of each value that the log must not have. */
  onSecret?(secret: Secret): void
  /** Aborts: stop gracefully, within 3 s. */
  signal: AbortSignal
  /** Called once, when commands are listened to. */
  onListening?: (username: string) => void
}

/** How long each part may take to end. Operations that take longer are settled by recovery at the next start. */
const GRACE_MS = 1000
/** Putting an old version back takes about a second. */
const UNDO_MS = 2000

/**
 * Runs the manager until the signal aborts. Fails with `bad_config`, `already_running`, `redis_unreachable` or
 * `redis_missing`, and with what opening the engine fails with.
 */
export const serve = async (config: Config, options: ServeOptions): Promise<void> => {
  requireToken(config)
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const stop = new AbortController()
  // Each chat that is being written to listens: with more than ten of them Node would warn of a leak.
  setMaxListeners(0, stop.signal)
  const closing: Close[] = []
  try {
    const { ended } = await start(config, { ...options, stop: stop.signal, onClose: (close) => closing.push(close) })
    options.log.info({ instance: config.instance, dataDir: config.dataDir }, 'the manager runs')
    await Promise.race([ended, aborted(options.signal)])
    stop.abort()
    await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })])
  } finally {
    stop.abort()
    for (const close of closing.reverse()) {
      await close().catch((err) => options.log.error({ err }, 'a part of the manager did not close'))
    }
  }
  options.log.info({}, 'the manager has stopped')
}

type Close = () => Promise<void>

type Start = ServeOptions & { stop: AbortSignal; onClose(close: Close): void }

/** Opens part after part, each on top of those before it. Gives what runs until `stop` aborts. */
const start = async (
  config: Config,
  { log, onSecret, stop, onClose, onListening }: Start,
): Promise<{ ended: Promise<unknown> }> => {
  let polls = () => false
  const version = ownVersion()
  onClose(await lockDataDir(config, () => ({ version, polls: polls() })))
  onClose(guardEventLoop().close)
  const { engine, close } = await openEngine(engineSettings(config), {
    log,
    ...(onSecret && { onSecret }),
    ...chatTables,
  })
  onClose(close)
  await finishRotation(engine, sealedInChat)
  const queued = await recover(engine)
  onClose((await openRedis(config, log)).close)
  const queue = await persistentQueue(engine, { open: (onReconnect) => openQueue(config, { log, onReconnect }), log })
  onClose(queue.close)
  const worker = startWorker(config, { log, look: (id) => lookAtOperation(engine, id) })
  onClose(async () => {
    interruptOperations(engine)
    await worker.close(UNDO_MS)
  })
  const upgrading = openUpgrading(config, { ask: (signal) => askWhoRuns(config, signal), log })
  const chat = openChat({ engine, verbs, commands, config, log, enqueue: queue.add, upgrading, signal: stop })
  polls = chat.polls
  const enqueue = async (id: number) => {
    await chat.progress.announce(id)
    await queue.add(id)
  }
  for (const id of queued) await enqueue(id)
  // Before anything can end that an earlier process had no time to tell.
  await chat.alerts.resume()
  const watchdog = openWatchdog({ ...engine, log, dueAt: chat.dueAt })
  const ended = Promise.all([
    beat(config.dataDir, { clock: engine.clock, log, signal: stop, isWell: watchdog.isWell }),
    watchdog.run(stop),
    config.heartbeatUrl &&
      callHeartbeatUrl(config.heartbeatUrl, { ...engine, log, isWell: watchdog.isWell, signal: stop }),
    chat.run((username) => onListening?.(username)),
    watchLiveness(engine, { enqueue, signal: stop }),
    watchBots(engine, { enqueue, signal: stop }),
    watchBackups(engine, { enqueue, signal: stop }),
    watchHealth(engine, { enqueue, signal: stop }),
    watchResources(engine, stop),
    watchHost(engine, { also: [chat.telegramLook, redisLook(config)], signal: stop }),
    queue.run(stop),
  ])
  return { ended }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
