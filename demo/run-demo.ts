import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import Docker from 'dockerode'
import { type Log, openEngine, suspendBots } from '../deploy-engine/index.ts'
import { demoEnvironment, engineSettings, readConfig } from '../manager-bot/config.ts'
import { serve } from '../manager-bot/serve.ts'
import { openSandbox, type Sandbox } from '../telegram-sandbox/index.ts'
import { bridgeAddresses } from './bridge-address.ts'
import { bringBack } from './bring-back.ts'
import { choosePorts } from './ports.ts'
import { removeInstance } from './remove-instance.ts'

export type DemoOptions = { fresh: boolean; log: Log; signal: AbortSignal }

const OWNER = { id: 1, name: 'You', username: 'you' }
const MANAGER = 'tbs_manager_bot'
const ECHO = 'echo_bot'

/** A small Telegram with a manager and a bot in it, until the signal aborts. All of its state is in the data dir. */
export const runDemo = async ({ fresh, log, signal }: DemoOptions): Promise<void> => {
  const { dataDir, instance } = readConfig(demoEnvironment())
  const docker = new Docker()
  if (fresh) {
    log.info({ instance, dataDir }, 'beginning anew: the bots and the state of the last demo are removed')
    await removeInstance(docker, instance)
    await rm(dataDir, { recursive: true, force: true })
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const apiHosts = ['127.0.0.1', ...(await bridgeAddresses(docker))]
  const ports = await choosePorts(dataDir, apiHosts)
  const stateFile = join(dataDir, 'telegram.json')
  const sandbox = await openSandbox({ apiPort: ports.api, apiHosts, page: { port: ports.page }, stateFile })
  try {
    await inhabit(sandbox, { log, signal })
  } finally {
    await sandbox.close()
  }
}

const inhabit = async (sandbox: Sandbox, { log, signal }: Omit<DemoOptions, 'fresh'>): Promise<void> => {
  sandbox.addPerson(OWNER)
  const manager = sandbox.addBot({ username: MANAGER, name: 'tbs-manager' })
  const echo = sandbox.addBot({ username: ECHO, name: 'Echo' })
  const config = readConfig({
    ...demoEnvironment(),
    TBS_TOKEN: manager.token,
    TBS_OWNER_ID: String(OWNER.id),
    TELEGRAM_API_ROOT: sandbox.apiRoot,
  })
  await bringBack(config, { log, echoToken: echo.token })
  const welcome = welcomed(sandbox, signal).then(
    () => log.info({}, `open ${sandbox.pageUrl} and type: /deploy echo-bot main`),
    (error) => (signal.aborted ? undefined : log.error({ err: error }, 'the manager did not answer')),
  )
  await serve(config, { log, signal })
  await welcome
  await suspend(config, log)
}

/** The page is told of only when a person finds a manager in it that answers. */
const welcomed = async (sandbox: Sandbox, signal: AbortSignal): Promise<void> => {
  const asked = sandbox.say(OWNER.id, MANAGER, '/help')
  const gaveUp = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const answered = sandbox.waitFor(
    () => sandbox.conversation(MANAGER, OWNER.id).some((m) => m.from.is_bot && m.message_id > asked.message_id),
    { timeout: 30_000, what: 'the answer to /help' },
  )
  await Promise.race([answered, gaveUp])
}

const suspend = async (config: ReturnType<typeof readConfig>, log: Log): Promise<void> => {
  const { engine, close } = await openEngine(engineSettings(config), { log })
  await suspendBots(engine).finally(close)
}
