import type { Command } from '../command.ts'
import { ack } from './ack.ts'
import { addbot } from './addbot.ts'
import { audit } from './audit.ts'
import { backup } from './backup.ts'
import { backupfile } from './backupfile.ts'
import { backups } from './backups.ts'
import { bots } from './bots.ts'
import { cancel } from './cancel.ts'
import { deploy } from './deploy.ts'
import { deploykey } from './deploykey.ts'
import { doctor } from './doctor.ts'
import { env } from './env.ts'
import { explain } from './explain.ts'
import { gittoken } from './gittoken.ts'
import { grant } from './grant.ts'
import { health } from './health.ts'
import { help } from './help.ts'
import { here } from './here.ts'
import { incidents } from './incidents.ts'
import { lock } from './lock.ts'
import { logs } from './logs.ts'
import { mute } from './mute.ts'
import { people } from './people.ts'
import { prune } from './prune.ts'
import { releases } from './releases.ts'
import { removebot } from './removebot.ts'
import { restart } from './restart.ts'
import { restore } from './restore.ts'
import { revoke } from './revoke.ts'
import { rollback } from './rollback.ts'
import { run } from './run.ts'
import { secret } from './secret.ts'
import { set } from './set.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'
import { unlock } from './unlock.ts'
import { upgrade } from './upgrade.ts'
import { volume } from './volume.ts'

/** In the order in which /help and the command menu show them. */
export const commands: readonly Command[] = [
  bots,
  status,
  health,
  doctor,
  deploy,
  rollback,
  releases,
  logs,
  incidents,
  ack,
  mute,
  restart,
  stop,
  run,
  cancel,
  lock,
  unlock,
  backup,
  backups,
  backupfile,
  restore,
  prune,
  volume,
  addbot,
  set,
  env,
  secret,
  deploykey,
  gittoken,
  removebot,
  people,
  grant,
  revoke,
  audit,
  upgrade,
  here,
  explain,
  help,
  start,
]
