import { THE_HOST } from '../names.ts'
import { type BackupView, backupList } from '../operations/backups/backups.ts'
import type { Engine } from '../ports.ts'
import { isSound } from '../records/backup.ts'
import { allBots } from '../records/bot.ts'
import type { Finding } from './host-findings.ts'

/** Bad while the newest backup of a bot, or of the manager itself, can't be restored or is not there any more. */
export const lookAtFiles = async (engine: Engine): Promise<Finding> => {
  const names = [THE_HOST, ...(await allBots(engine.database.read)).map(({ name }) => name)]
  return fileFinding(await backupList(engine), names)
}

/** `backups` newest first. Of a bot that was removed no newer one can be made, so whoever removes the file ends it. */
export const fileFinding = (backups: readonly BackupView[], names: readonly string[]): Finding => {
  const newest = backups.filter(({ bot }, place) => backups.findIndex((other) => other.bot === bot) === place)
  const isThere = ({ bot }: BackupView) => names.includes(bot)
  const faulty = newest.filter((view) => !isSound(view) && (isThere(view) || view.state !== 'gone'))
  const [first] = faulty
  if (!first) return { state: 'good', found: 'no newest backup is known to be bad' }
  const again = faulty.filter(isThere).map(({ bot }) => `/backup ${bot}`)
  const way = again.length > 0 ? `Make another one: ${again.join(', ')}` : REMOVED
  if (faulty.length === 1) {
    const { id, bot, file } = first
    return {
      state: 'bad',
      found: `Backup ${id} of ${bot} can’t be restored: ${whyOf(first)}`,
      hint: `${way}. It is ${file}`,
    }
  }
  const which = faulty.map(({ id, bot }) => `${id} of ${bot}`).join(', ')
  return { state: 'bad', found: `Backups can’t be restored: ${which}`, hint: `${way}. What is wrong is in /backups` }
}

const REMOVED = 'The bot was removed: take a copy from elsewhere by tbs-manager backup import, or delete the file'

const whyOf = ({ state, fault }: BackupView): string => {
  if (state === 'gone') return 'its file is missing'
  return fault ?? 'it was found damaged'
}
