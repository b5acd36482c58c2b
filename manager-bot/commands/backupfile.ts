import { basename } from 'node:path'
import { z } from 'zod'
import type { BackupView } from '../../deploy-engine/index.ts'
import { defineCommand } from '../command.ts'
import { command, line } from '../text/rich-text.ts'
import { size } from '../text/size.ts'

export const backupfile = defineCommand({
  name: 'backupfile',
  usage: '<id>',
  summary: 'Send the file of a backup into the chat',
  details:
    'It is encrypted: this server opens it, and your recovery key anywhere. Telegram takes up to 50 MB of a bot.',
  example: '12',
  role: 'owner',
  door: 'chat',
  args: () => z.strictObject({ id: BackupId }),
  run: async ({ id }, { engine, verbs }) => {
    const backup = await verbs.backupFile(engine, id)
    if (!fitsIntoChat(backup)) {
      throw new verbs.TbsError(
        'too_large',
        `Backup ${id} has ${size(backup.bytes)}: Telegram takes up to 50 MB of a bot`,
        {
          hint: `On the server: tbs-manager backup download ${id}`,
        },
      )
    }
    return {
      text: [
        line(`Backup ${id} of ${backup.bot}, encrypted. Keep it where you find it without this server.`),
        line('On the server: ', command(`backup download ${id}`)),
      ],
      document: { name: basename(backup.path), file: backup.path },
      data: { id, path: backup.path },
    }
  },
})

export const BackupId = z
  .string()
  .regex(/^#?\d{1,9}$/, 'a backup is a number such as 12')
  .transform((text) => Number(text.replace('#', '')))

/** sendDocument, Bot API: 50 MB. */
const CHAT_BYTES = 50_000_000

export const fitsIntoChat = ({ bytes, state }: Pick<BackupView, 'bytes' | 'state'>): boolean =>
  bytes <= CHAT_BYTES && state !== 'gone'
