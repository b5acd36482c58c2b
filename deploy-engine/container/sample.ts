import { TbsError } from '../error.ts'
import type { Engine, WebhookInfo } from '../ports.ts'
import type { Secret } from '../secret.ts'
import type { Sample } from './evidence.ts'
import { probeNetwork } from './probe.ts'

export type Sampled = { bot: string; container: string; token: Secret; withNetwork: boolean }

/** One look at a started container from all sides at once. Telegram out of reach leaves its part out. */
export const takeSample = async (
  engine: Engine,
  { bot, container, token, withNetwork }: Sampled,
  signal: AbortSignal,
): Promise<Sample> => {
  const [found, webhook, network] = await Promise.all([
    engine.docker.container(container),
    askTelegram(engine, token, signal),
    withNetwork ? probeNetwork(engine, { bot, container }, signal) : undefined,
  ])
  return {
    at: engine.clock.now(),
    running: found?.running ?? false,
    exitCode: found?.exitCode ?? -1,
    outOfMemory: found?.outOfMemory ?? false,
    restarts: found?.restarts ?? 0,
    health: found?.health ?? 'none',
    ...(webhook && { pending: webhook.pending }),
    ...(webhook?.url && { webhook: { lastErrorAt: webhook.lastErrorAt } }),
    ...(network && { network }),
  }
}

const askTelegram = async (engine: Engine, token: Secret, signal: AbortSignal): Promise<WebhookInfo | undefined> => {
  try {
    return await engine.telegram.webhookInfo(token, signal)
  } catch (error) {
    if (error instanceof TbsError && error.code === 'telegram_unreachable') return undefined
    throw error
  }
}
