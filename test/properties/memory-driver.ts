import { requestOperation, TbsError } from '../../deploy-engine/index.ts'
import { unfinishedOperations } from '../../deploy-engine/records/operation.ts'
import { connectMemory } from '../helpers/memory-docker/connect.ts'
import { restartDaemon } from '../helpers/memory-docker/run.ts'
import { type Command, sourceOf, type Version } from './commands.ts'
import { type MemoryManager, startManager } from './manager.ts'
import { comeBetween } from './meanwhile.ts'
import { type Driver, rollbackTarget } from './run-sequence.ts'
import { type Snapshot, takeSnapshot } from './snapshot.ts'
import { BOT, TOKEN, type World } from './world.ts'

const OPERATION_MS = 5 * 60_000
const DOCKER_AWAY_MS = 2_000
const TALK_EVERY_MS = 500
/** The watch decides within 20 s and a few looks, and what it asks for takes a gate of up to 25 s. */
const WATCH_MS = 60_000

export type MemoryDriver = Driver & { close(): Promise<void>; manager(): MemoryManager }

type Operating = Extract<Command, { busy: boolean }>

/** Performs commands in a world in memory, with the engine's real code and database. */
export const memoryDriver = async (world: World): Promise<MemoryDriver> => {
  const { clock, daemon, telegram } = world
  let manager = await startManager(world)
  let commits = 0
  const docker = connectMemory(daemon)

  const branch = (version: Version): string => {
    const name = `${version.replaceAll(' ', '_')}-${++commits}`
    world.git.commit(name, sourceOf(version))
    return name
  }

  const request = async (command: Operating, before: Snapshot) => {
    const target =
      command.do === 'rollback' && command.to !== undefined ? rollbackTarget(command, before)?.number : undefined
    const args =
      command.do === 'deploy' ? { ref: branch(command.version) } : { ...(target !== undefined && { release: target }) }
    const asked = { bot: BOT, kind: command.do, args, requestedBy: 'test' }
    return (await clock.until(requestOperation(manager.engine, asked), OPERATION_MS)).operation
  }

  const restartAfter = async (end: 'kill' | 'stop'): Promise<void> => {
    await manager[end]()
    manager = await startManager(world)
  }

  const unfinished = async () =>
    (await clock.until(unfinishedOperations(manager.engine.database.read), OPERATION_MS)).length > 0

  const settle = async (): Promise<void> => {
    for (let waited = 0; waited < OPERATION_MS && (await unfinished()); waited += 1_000) await clock.pass(1_000)
  }

  const talkWhile = async (busy: boolean, work: () => Promise<void>): Promise<void> => {
    let talking = busy
    const talk = () => {
      if (!talking) return
      telegram.say(TOKEN)
      clock.after(TALK_EVERY_MS, talk)
    }
    talk()
    await work()
    talking = false
  }

  const operate = async (command: Operating, before: Snapshot) => {
    const operation = await request(command, before)
    const over = new AbortController()
    const between = { world, newBranch: () => branch('good'), over: over.signal }
    await talkWhile(command.busy, async () => {
      const ended = command.meanwhile ? [comeBetween(command.meanwhile, manager, between)] : []
      const done = manager.look(operation.id).then(() => 'done' as const)
      const end = await clock.until(Promise.race([done, ...ended]), OPERATION_MS)
      over.abort()
      if (manager.life.dead.aborted) await restartAfter('kill')
      else if (end === 'stop') await restartAfter('stop')
      await settle()
    })
    // What could not be removed while Docker was away goes with the next operation or start.
    if (command.meanwhile?.what !== 'restart docker') return
    await clock.pass(DOCKER_AWAY_MS)
    await restartAfter('stop')
  }

  const act = async (command: Command, before: Snapshot): Promise<void> => {
    switch (command.do) {
      case 'talk':
        telegram.say(TOKEN)
        break
      case 'wait':
        await clock.pass(WATCH_MS)
        break
      case 'kill':
        await restartAfter('kill')
        break
      case 'restart docker':
        restartDaemon(daemon, DOCKER_AWAY_MS)
        await clock.pass(2 * DOCKER_AWAY_MS)
        // A probe that was cut off stays until then.
        await restartAfter('stop')
        break
      default:
        await operate(command, before)
    }
  }

  const look = (): Promise<Snapshot> =>
    clock.until(
      takeSnapshot(manager.engine, {
        docker,
        bot: BOT,
        temporary: world.files.paths().filter((path) => path.startsWith(`${world.settings.dataDir}/tmp/`)),
        volumes: [...daemon.volumes.keys()],
        telegram: {
          pending: telegram.pending(TOKEN),
          pollers: telegram.pollers(TOKEN),
          conflicts: telegram.conflicts(TOKEN),
        },
      }),
      OPERATION_MS,
    )

  return {
    perform: async (command, before) => {
      try {
        await act(command, before)
        await clock.pass(3_000)
        if (telegram.pending(TOKEN) > 0) await clock.pass(2 * WATCH_MS)
        await settle()
        return {}
      } catch (error) {
        if (error instanceof TbsError) return { refused: error.code }
        throw error
      }
    },
    look,
    manager: () => manager,
    close: () => manager.kill(),
  }
}
