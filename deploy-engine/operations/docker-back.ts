import { instanceLabels } from '../container/labels.ts'
import { messageOf } from '../error.ts'
import type { Container, Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import type { Operation } from '../records/operation.ts'
import { activeRelease } from '../records/release.ts'
import { stepsOf } from '../records/step.ts'
import { Interrupted } from './end-reasons.ts'
import { expectedError } from './expected-error.ts'
import type { Run } from './journal.ts'

const LOOK_MS = 250
/** A daemon that stops takes about ten seconds to end its containers and answers meanwhile. */
const GOING_MS = 12_000
const PATIENCE_MS = 15_000

/**
 * Waits while Docker does not answer, however long; the bot's other operations wait with it. Gives whether it was
 * away. Fails with Interrupted when the manager ends first: recovery settles the rest then.
 */
export const dockerBack = async (engine: Engine): Promise<boolean> => {
  for (let away = false; ; away = true) {
    if (await answers(engine)) return away
    if (!away) engine.log.warn({}, 'Docker does not answer: waiting for it')
    if (engine.running.ending) throw new Interrupted()
    await engine.clock.sleep(LOOK_MS)
  }
}

/**
 * After a failure: waits for Docker if it is away or on its way there, so that what is said next is true. Gives
 * whether it was away, which is then the reason of the failure.
 */
export const dockerSettled = async (run: Run): Promise<boolean> => {
  const { engine } = run
  const limit = engine.clock.elapsed() + GOING_MS
  let away = await dockerBack(engine)
  while (engine.clock.elapsed() < limit && (await isActiveMissed(run).catch(() => true))) {
    await engine.clock.sleep(LOOK_MS)
    away = (await dockerBack(engine)) || away
  }
  return away || (await wasRestarted(run))
}

/** Does it again while it fails, since a daemon that is restarted refuses much for a while; 15 s at most. */
export const throughRestarts = async <T>(engine: Engine, work: () => Promise<T>): Promise<T> => {
  const limit = engine.clock.elapsed() + PATIENCE_MS
  while (true) {
    try {
      await dockerBack(engine)
      return await work()
    } catch (error) {
      if (error instanceof Interrupted || engine.clock.elapsed() > limit) throw error
      engine.log.warn({ error: messageOf(error) }, 'Docker refuses, trying again')
      await engine.clock.sleep(LOOK_MS)
    }
  }
}

const answers = ({ docker, settings }: Engine): Promise<boolean> =>
  docker.containers({ ...instanceLabels(settings.instance), 'tbs.role': 'probe' }).then(
    () => true,
    (error) => {
      if (expectedError(error)?.code === 'docker_unreachable') return false
      throw error
    },
  )

// A short outage falls between two looks. Docker counts its own restarts of a container, but not those with the daemon.
const wasRestarted = async ({ engine, bot, operation }: Run): Promise<boolean> => {
  const touched = (await stepsOf(engine.database.read, operation.id)).some(({ name }) => name === 'stop')
  const container = touched ? undefined : await activeContainer(engine, bot)
  return container !== undefined && container.startedAt > beganAt(operation) && container.restarts === 0
}

// It ended during the operation although Docker keeps it running: the daemon stops, or it has crashed just now.
const isActiveMissed = async ({ engine, bot, operation }: Run): Promise<boolean> => {
  const container = await activeContainer(engine, bot)
  if (!container || container.running || container.restart !== 'unless-stopped') return false
  return container.finishedAt >= beganAt(operation)
}

// What an operation before it did to the container, while this one was queued, is no sign.
const beganAt = ({ startedAt, createdAt }: Operation): number => startedAt ?? createdAt

const activeContainer = async ({ database, docker }: Engine, { id }: Bot): Promise<Container | undefined> => {
  const active = await activeRelease(database.read, id)
  return active?.containerId ? docker.container(active.containerId) : undefined
}
