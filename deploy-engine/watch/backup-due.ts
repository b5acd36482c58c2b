import type { Engine } from '../ports.ts'
import { type Backup, backupsOf, isSound } from '../records/backup.ts'
import type { Bot } from '../records/bot.ts'
import { type Operation, operationsByKeys } from '../records/operation.ts'
import { lastDue } from '../source/cron.ts'
import { botsWithRelease } from './bots-to-run.ts'

/** What tbs.yaml wanted of a bot last, and what became of it. */
export type Due = {
  bot: Bot
  /** When, ms since the epoch. */
  at: number
  /** Tries so far, oldest first. */
  tries: Operation[]
  /** There is one since then, or nothing has changed that it would have to hold. */
  isMade: boolean
}

export const TRIES = 3

/** The last moment of each bot's schedule: of several that were missed, only that one counts. */
export const dueBackups = async (engine: Engine): Promise<Due[]> => {
  const { database, clock, settings } = engine
  const dues: Due[] = []
  for (const { bot, release } of await botsWithRelease(engine)) {
    const schedule = release.plan.backup?.schedule
    if (schedule === undefined) continue
    const at = lastDue(schedule, { at: clock.now(), timezone: settings.timezone })
    // Before it was deployed nobody had asked for any.
    if (at < (release.activatedAt ?? 0)) continue
    const backups = await backupsOf(database.read, bot.name)
    const holdsAll = bot.stoppedAt !== null && timeOf(backups.find(isSound)) >= bot.stoppedAt
    // What became of a file since is told by another finding.
    const isMade = timeOf(backups[0]) >= at || holdsAll
    dues.push({ bot, at, isMade, tries: await operationsByKeys(database.read, keysOf(bot, at)) })
  }
  return dues
}

const timeOf = (backup: Backup | undefined): number => backup?.createdAt ?? 0

/** Under which a try is asked for, so that it is asked for once. */
export const keysOf = ({ id }: Pick<Bot, 'id'>, at: number): string[] =>
  Array.from({ length: TRIES }, (_, index) => `backup of ${id} at ${at}, try ${index + 1}`)
