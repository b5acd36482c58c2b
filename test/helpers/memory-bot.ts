import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  addBot,
  isOver,
  type Operation,
  type OperationArgs,
  operationById,
  requestOperation,
  Secret,
} from '../../deploy-engine/index.ts'
import { sourceOf, type Version } from '../properties/commands.ts'
import { type MemoryManager, startManager } from '../properties/manager.ts'
import { BOT, newWorld, TOKEN, type World } from '../properties/world.ts'
import { BEHAVIOUR_FILE, type Behaviour } from './memory-docker/behaviour.ts'
import type { Machine } from './memory-docker/daemon.ts'

const OPERATION_MS = 5 * 60_000

export type MemoryBot = {
  world: World
  manager(): MemoryManager
  /** Puts a version on a branch of its name. */
  commit(version: Version, more?: Record<string, string>): string
  /** Deploys a version that behaves so. */
  runs(behaviour: Behaviour): Promise<void>
  /** Containers of versions, oldest first. */
  machines(): Machine[]
  register(): Promise<void>
  ask(kind: Operation['kind'], args?: OperationArgs): Promise<Operation>
  /** Asks, has it carried out, and gives how it ended. */
  operate(kind: Operation['kind'], args?: OperationArgs): Promise<Operation>
  /** How it is now. */
  read(id: number): Promise<Operation>
  /** Lets time pass until it is over. */
  over(id: number): Promise<Operation>
  /** Ends the manager's process and starts another, which recovers. */
  restart(end?: 'kill' | 'stop'): Promise<void>
  /** Lets virtual time pass until the promise is settled. */
  until<T>(promise: Promise<T>): Promise<T>
  close(): Promise<void>
  /** The same, and nothing may have failed by a bug. */
  closeWithoutBugs(): Promise<void>
}

/** A registered bot in a world in memory, with the engine's real code and database. */
export const memoryBot = async (): Promise<MemoryBot> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-memory-'))
  const world = await newWorld(directory)
  const { clock } = world
  let manager = await startManager(world)
  const until = <T>(promise: Promise<T>) => clock.until(promise, OPERATION_MS)
  const register = async () => {
    const bot = { name: BOT, repo: 'file:///memory', branch: 'main', token: new Secret(TOKEN) }
    await until(addBot(manager.engine, bot))
  }
  const ask = async (kind: Operation['kind'], args: OperationArgs = {}) =>
    (await until(requestOperation(manager.engine, { bot: BOT, kind, args, requestedBy: 'test' }))).operation
  const read = async (id: number) => {
    const operation = await until(operationById(manager.engine.database.read, id))
    if (!operation) throw new Error(`there is no operation #${id}`)
    return operation
  }
  const over = async (id: number) => {
    for (let waited = 0; waited < OPERATION_MS && !isOver(await read(id)); waited += 500) await clock.pass(500)
    return read(id)
  }
  const commit: MemoryBot['commit'] = (version, more = {}) =>
    world.git.commit('main', { ...sourceOf(version), ...more })
  const operate: MemoryBot['operate'] = async (kind, args) => {
    const { id } = await ask(kind, args)
    await until(manager.look(id))
    return read(id)
  }
  const close = async () => {
    await manager.kill()
    await rm(directory, { recursive: true, force: true })
  }
  await register()
  return {
    world,
    manager: () => manager,
    commit,
    runs: async (behaviour) => {
      commit('good', { [BEHAVIOUR_FILE]: JSON.stringify(behaviour) })
      const { state, outcome } = await operate('deploy')
      expect(state, outcome?.error?.message).toBe('succeeded')
    },
    machines: () => [...world.daemon.machines.values()].filter(({ spec }) => spec.labels['tbs.role'] === 'bot'),
    register,
    ask,
    operate,
    read,
    over,
    restart: async (end = 'kill') => {
      await manager[end]()
      manager = await startManager(world)
    },
    until,
    close,
    closeWithoutBugs: async () => {
      expect(manager.bugs).toEqual([])
      await close()
    },
  }
}
