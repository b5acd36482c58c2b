import type { Liveness } from '../../liveness.ts'
import { botSecrets } from '../../operations/secrets.ts'
import type { Engine } from '../../ports.ts'
import { botByName } from '../../records/bot.ts'
import { activeRelease } from '../../records/release.ts'
import { judgeLiveness, shown } from './judge-liveness.ts'
import { takeLook } from './look.ts'

/** How a bot was when it was last looked at; undefined: it is not watched, or not in this process. */
export const livenessOf = ({ running }: Engine, botId: number): Liveness | undefined => running.liveness.get(botId)

/**
 * Looks at a bot now, from all sides, which takes a second or two. In a process that does not watch it, it is judged
 * by this look alone. undefined: it does not run. Fails with `unknown_bot`.
 */
export const checkLiveness = async (
  engine: Engine,
  name: string,
  signal: AbortSignal,
): Promise<Liveness | undefined> => {
  const bot = await botByName(engine.database.read, name)
  if (engine.running.lookNow) {
    await engine.running.lookNow(bot.id)
    return livenessOf(engine, bot.id)
  }
  const release = await activeRelease(engine.database.read, bot.id)
  if (!release?.containerId || bot.stoppedAt !== null) return undefined
  const { token } = await botSecrets(engine, bot)
  const looked = { bot: bot.name, id: bot.id, container: release.containerId, token }
  const look = await takeLook(engine, looked, { network: true, usage: false }, signal)
  const judged = look.running ? judgeLiveness([look], { polled: release.proof === 'live' }) : undefined
  return judged && shown(judged)
}
