import { z } from 'zod'
import type { BackupView } from '../../deploy-engine/index.ts'
import { backupData, backupLines } from '../backup-text.ts'
import { type CommandContext, defineCommand, type Offer, type Offers, type Reply } from '../command.ts'
import { reaches } from '../role.ts'
import { bold, command, line } from '../text/rich-text.ts'
import { fitsIntoChat } from './backupfile.ts'

export const backups = defineCommand({
  name: 'backups',
  usage: '[bot]',
  summary: 'Show the backups of a bot, or the newest of each, and where they are',
  details:
    'Also of bots that were removed. A file is taken elsewhere by /backupfile, by “tbs-manager backup download” on ' +
    'the server, or by the program in TBS_BACKUP_CMD.',
  example: 'echo-bot',
  role: 'admin',
  reads: true,
  acrossBots: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName.optional() }),
  run: async ({ bot }, context) => (bot === undefined ? newest(context) : ofBot(bot, context)),
})

const SHOWN = 15
const SENT = 3

const ofBot = async (bot: string, { engine, verbs }: CommandContext): Promise<Reply> => {
  const found = await verbs.backupList(engine, bot)
  const offers: Offers = [makeOffer(bot), ...found.filter(fitsIntoChat).slice(0, SENT).map(sendOffer)]
  const data = found.map(backupData)
  if (found.length === 0) return { text: [line(`There is no backup of ${bot} yet.`)], offers, data }
  const more = found.length - SHOWN
  return {
    text: [
      line(bold(`Backups of ${bot}`)),
      ...backupLines(found.slice(0, SHOWN), engine.clock.now()),
      ...(more > 0 ? [line(`… and ${more} older.`)] : []),
    ],
    offers,
    data,
  }
}

const newest = async (context: CommandContext): Promise<Reply> => {
  const { engine, verbs, access } = context
  const all = (await verbs.backupList(engine)).filter(({ bot }) => reaches(access.roleFor(bot), 'admin'))
  const first = all.filter(({ bot }, place) => all.findIndex((other) => other.bot === bot) === place)
  const without = (await verbs.botNames(engine))
    .filter((name) => reaches(access.roleFor(name), 'admin'))
    .filter((name) => !first.some(({ bot }) => bot === name))
  return {
    text: [
      line(bold(first.length === 0 ? 'There are no backups yet.' : 'The newest backup of each bot')),
      ...backupLines(first, engine.clock.now(), { named: true }),
      ...(without.length > 0 ? [line(`Without a backup: ${without.join(', ')}`)] : []),
      ...(first.length === 0 ? [line('Make one: ', command('backup <bot>'))] : []),
    ],
    offers: first.map(({ bot }: BackupView) => showOffer(bot)),
    data: all.map(backupData),
  }
}

const sendOffer = ({ id }: BackupView): Offer => ({
  label: `Send ${id} here`,
  command: 'backupfile',
  input: { id: String(id) },
  fate: 'stays',
})

const makeOffer = (bot: string): Offer => ({ label: 'Back up now', command: 'backup', input: { bot }, fate: 'stays' })

const showOffer = (bot: string): Offer => ({ label: bot, command: 'backups', input: { bot }, fate: 'replaced' })
