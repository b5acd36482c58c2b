import type { Commit, Engine } from '../ports.ts'
import { type Bot, botByName } from '../records/bot.ts'
import { activeRelease, type Release, rollbackTarget } from '../records/release.ts'
import { mirrorPath } from './mirror-path.ts'

/** What a rollback would do, as it is now. */
export type RollbackPreview = {
  /** undefined: nothing is deployed. */
  from: Release | undefined
  to: Release
  direction: 'back' | 'forward'
  /** Those that go, or come when it leads forward: the newest 10 first. undefined: they are not at hand. */
  commits: Commit[] | undefined
  /** How many there are in all. */
  commitCount: number | undefined
  /** The bot's settings as they are, and as they would be. */
  settings: { from: Record<string, string>; to: Record<string, string> }
  /** The data in them is not changed by a rollback. */
  hasVolumes: boolean
}

const COMMITS = 10
const LIMIT_MS = 5_000

/** Changes nothing, asks no server. Fails with `unknown_bot`, `no_release`, `already_active` or `release_gone`. */
export const rollbackPreview = async (engine: Engine, name: string, release?: number): Promise<RollbackPreview> => {
  const { read } = engine.database
  const bot = await botByName(read, name)
  const to = await rollbackTarget(read, bot, release)
  const from = await activeRelease(read, bot.id)
  const direction = from && from.number > to.number ? 'back' : 'forward'
  const found = from && (await commitsBetween(engine, bot, direction === 'back' ? [to, from] : [from, to]))
  const volumes = [...bot.volumes, ...to.plan.volumes, ...(from?.plan.volumes ?? [])]
  const settings = { from: bot.env, to: to.env ?? bot.env }
  const commits = { commits: found?.newest, commitCount: found?.count }
  return { from, to, direction, ...commits, settings, hasVolumes: volumes.length > 0 }
}

const commitsBetween = (engine: Engine, bot: Bot, [older, newer]: [Release, Release]) => {
  const range = { mirror: mirrorPath(engine, bot), from: older.sha, to: newer.sha, limit: COMMITS }
  return engine.git.log(range, AbortSignal.timeout(LIMIT_MS))
}
