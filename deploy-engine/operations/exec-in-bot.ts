import { ERRAND, interruptErrand } from '../container/interrupt-script.ts'
import { TbsError } from '../error.ts'
import type { AttachRequest, Engine } from '../ports.ts'
import { botByName } from '../records/bot.ts'
import { activeRelease } from '../records/release.ts'
import { notDeployed } from './pointless.ts'

export type ExecRequest = Omit<AttachRequest, 'env'> & {
  /** Of this request alone: what runs for it is found by it. */
  key: string
}

/**
 * Runs a command in the container of a bot that runs, as the image's user, and gives the code that it ends with. The
 * signal interrupts it. Fails with `unknown_bot`, `not_deployed`, `not_running` or `bot_frozen`.
 */
export const execInBot = async (
  engine: Engine,
  name: string,
  { key, ...request }: ExecRequest,
  signal: AbortSignal,
): Promise<number> => {
  const { docker, database, log } = engine
  const bot = await botByName(database.read, name)
  const release = await activeRelease(database.read, bot.id)
  if (!release) throw notDeployed(bot)
  const container = release.containerId === null ? undefined : await docker.container(release.containerId)
  if (!container?.running || container.restarting) throw notRunning(name)
  if (container.paused) throw frozen(name)
  signal.throwIfAborted()
  const interrupt = (): void => {
    docker.exec(container.id, interruptErrand(key), AbortSignal.timeout(INTERRUPT_MS)).catch((err) => {
      log.warn({ err }, 'what runs in the container could not be interrupted')
    })
  }
  signal.addEventListener('abort', interrupt, { once: true })
  try {
    return await docker.attach(container.id, { ...request, env: [`${ERRAND}=${key}`] })
  } finally {
    signal.removeEventListener('abort', interrupt)
  }
}

const INTERRUPT_MS = 5000

const notRunning = (name: string): TbsError =>
  new TbsError('not_running', `${name} does not run, and a command can only run in a container that does`, {
    hint: `/run ${name}; or see /status ${name}`,
  })

const frozen = (name: string): TbsError =>
  new TbsError('bot_frozen', `${name} is frozen at this moment, for a backup as a rule`, {
    hint: 'Try again in some seconds',
  })
