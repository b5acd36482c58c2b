import type { Command } from '../command.ts'
import { addbot } from './addbot.ts'
import { bots } from './bots.ts'
import { cancel } from './cancel.ts'
import { deploy } from './deploy.ts'
import { deploykey } from './deploykey.ts'
import { gittoken } from './gittoken.ts'
import { help } from './help.ts'
import { logs } from './logs.ts'
import { prune } from './prune.ts'
import { releases } from './releases.ts'
import { rollback } from './rollback.ts'
import { set } from './set.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { volume } from './volume.ts'

/** In the order in which /help and the command menu show them. */
export const commands: readonly Command[] = [
  bots,
  status,
  deploy,
  rollback,
  releases,
  logs,
  cancel,
  prune,
  volume,
  addbot,
  set,
  deploykey,
  gittoken,
  help,
  start,
]
