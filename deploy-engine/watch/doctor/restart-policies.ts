import type { Engine } from '../../ports.ts'
import { isHeldBack } from '../../records/incident.ts'
import { type BotToRun, botsToRun, isWorkedOn } from '../bots-to-run.ts'
import type { Seen } from './examine.ts'

/** Whether each bot that is to run comes back by itself, unless it is held back for its crashes. */
export const lookAtRestarts = async (engine: Engine): Promise<Seen | Seen[]> => {
  const seen: Seen[] = []
  for (const wanted of await botsToRun(engine)) {
    const name = await wrongly(engine, wanted)
    if (name === undefined) continue
    seen.push({
      state: 'bad',
      about: wanted.bot.name,
      found: `${wanted.bot.name} does not come back by itself: its container ${name} has another restart policy`,
      consequence: 'After a crash or a reboot it stays down',
      fix: `Set the restart policy of ${name} to unless-stopped`,
      mend: () => setRight(engine, wanted),
    })
  }
  return seen.length > 0 ? seen : { state: 'ok', found: 'Each bot that is to run comes back by itself' }
}

/** Name of the container if its policy is not what it should be. */
const wrongly = async (engine: Engine, { bot, container }: BotToRun): Promise<string | undefined> => {
  if (await isWorkedOn(engine, bot.id)) return undefined
  const found = await engine.docker.container(container)
  if (!found || found.restart === 'unless-stopped') return undefined
  return (await isHeldBack(engine.database.read, found.id)) ? undefined : found.name
}

const setRight = async (engine: Engine, { bot }: BotToRun): Promise<void> => {
  const now = (await botsToRun(engine)).find((one) => one.bot.id === bot.id)
  if (now && (await wrongly(engine, now)) !== undefined) {
    await engine.docker.setRestart(now.container, 'unless-stopped')
  }
}
