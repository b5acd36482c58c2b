import { join } from 'node:path'
import type { Engine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'

/** Where a bot's repository is fetched to. */
export const mirrorPath = ({ settings }: Pick<Engine, 'settings'>, { id }: Pick<Bot, 'id'>): string =>
  join(settings.dataDir, 'repos', String(id))
