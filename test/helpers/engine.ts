import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Engine,
  type EngineSettings,
  lookAtOperation,
  type Operation,
  openEngine,
} from '../../deploy-engine/index.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../telegram-sandbox/index.ts'
import { removeAll, sandboxHosts } from './docker.ts'

export const quietLog = { info: () => {}, warn: () => {}, error: () => {} }

export type Workbench = {
  engine: Engine
  sandbox: Sandbox
  settings: EngineSettings
  directory: string
  /** Carries out everything queued for the operation's bot and gives how the operation ended. */
  carryOut(operation: Operation): Promise<Operation>
  close(): Promise<void>
}

type Front = Pick<SandboxOptions, 'tls'> & { botsApiRoot?: string; sandbox?: Sandbox }

/** A real engine on a directory and an instance of its own, beside a sandbox that containers can reach. */
export const workbench = async ({ tls, botsApiRoot, sandbox: shared }: Front = {}): Promise<Workbench> => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-test-'))
  const instance = `tbs-t${randomBytes(4).toString('hex')}`
  const sandbox = shared ?? (await openSandbox({ apiHosts: await sandboxHosts(), ...(tls && { tls }) }))
  const settings: EngineSettings = {
    instance,
    dataDir: join(directory, 'data'),
    keyFile: join(directory, 'key'),
    apiRoot: sandbox.apiRoot,
    botsApiRoot: botsApiRoot ?? `http://host.docker.internal:${sandbox.apiPort}`,
    gitProtocols: ['file', 'https', 'ssh'],
    netPool: '10.213.0.0/16',
    timezone: 'Etc/UTC',
  }
  const { engine, close } = await openEngine(settings, { log: quietLog })
  return {
    engine,
    sandbox,
    settings,
    directory,
    carryOut: async ({ id }) => {
      await lookAtOperation(engine, id)
      return engine.database.read.findOneByOrFail<Operation>('operation', { id })
    },
    close: async () => {
      await close()
      if (!shared) await sandbox.close()
      await removeAll(instance)
      await rm(directory, { recursive: true, force: true })
    },
  }
}
