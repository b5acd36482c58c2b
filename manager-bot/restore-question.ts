import type { RestorePreview } from '../deploy-engine/index.ts'
import { CAUSES } from './backup-text.ts'
import { GIVEN, type Question } from './command.ts'
import { bold, code, line, type RichText } from './text/rich-text.ts'
import { fileSize } from './text/size.ts'

/** What would come back, what becomes of what is there, and how it can be had again. */
export const restoreQuestion = (bot: string, preview: RestorePreview, nobackup: boolean): Question => {
  const { backup, active } = preview
  const { id, createdAt, bytes, release, cause } = backup
  const from = backup.bot === bot ? '' : ` of ${backup.bot}`
  return {
    text: [
      line(bold(`Restore ${bot} from backup ${id}${from}?`)),
      line(
        `Made ${utc(createdAt)}, ${CAUSES[cause]}, ${fileSize(bytes)}${release === null ? '' : `, with v${release}`}`,
      ),
      line(code(backup.file)),
      ...becomes(bot, preview, nobackup),
    ],
    yes: `Restore ${bot}`,
    no: active ? `Keep v${active.number} and its data` : 'Leave it',
    input: { bot, backup: String(id), ...(nobackup && { nobackup: GIVEN }) },
  }
}

const becomes = (name: string, { bot, active }: RestorePreview, nobackup: boolean): RichText => {
  if (!bot)
    return [line(`There is no bot ${name} now: it is registered anew, with settings, token and secrets of then.`)]
  const before = nobackup
    ? bold('What there is now is not backed up before.')
    : 'What there is now is backed up before.'
  return [
    ...(active ? [line(`v${active.number} is stopped only when all is unpacked and checked.`)] : []),
    line('Token, secrets and settings stay those of today. ', before),
    line(`The data of now is kept for 24 hours: /restore ${name} undo`),
  ]
}

export const undoQuestion = (bot: string): Question => ({
  text: [
    line(bold(`Bring back the data that ${bot} had before it was restored?`)),
    line('What was written since the restore is kept for 24 hours then.'),
  ],
  yes: 'Bring it back',
  no: 'Leave it',
  input: { bot, backup: 'undo' },
})

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
