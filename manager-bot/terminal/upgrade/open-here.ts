import { type Log, openUpgrading, type Upgrading } from '../../../deploy-engine/index.ts'
import type { Config } from '../../config.ts'
import { askWhoRuns } from '../../lock.ts'

/** What replaces the manager of this data dir, also where none runs. */
export const openUpgradingHere = (config: Pick<Config, 'instance' | 'dataDir'>, log: Log): Upgrading =>
  openUpgrading(config, { ask: (signal) => askWhoRuns(config, signal), log })
