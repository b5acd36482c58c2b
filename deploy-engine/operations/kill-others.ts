import { botContainerLabels } from '../container/labels.ts'
import type { Run } from './journal.ts'

/** Kills whatever else of this bot runs: it would be a second poller of its token. */
export const killOthers = async ({ engine, bot }: Run, keep: string | undefined): Promise<void> => {
  const { docker, settings } = engine
  const containers = await docker.containers(botContainerLabels(settings.instance, bot.name))
  for (const { id, running } of containers) if (running && id !== keep) await docker.kill(id)
}
