import type { RemovePreview } from '../deploy-engine/index.ts'
import { GIVEN, type Question } from './command.ts'
import { type Block, bold, code, command, line, type Span } from './text/rich-text.ts'

/** What goes with the bot and what stays. */
export const removeQuestion = (
  preview: RemovePreview,
  { data, noBackup }: { data: boolean; noBackup: boolean },
): Question => {
  const { bot, release, keptData, unfinished } = preview
  const { name, username } = bot
  return {
    text: [
      line(bold(`Remove ${name}${data ? ' and its data' : ''}?`), ` @${username} answers nobody then.`),
      ...unfinished.map(({ id, kind }) => line(`First #${id} (${kind}) has to end.`)),
      ...(release ? [line(`Stopped: v${release.number}.`)] : []),
      goes(preview),
      ...keptData.map((kept) =>
        line(bold(`Lost: data of v${kept.release} outside volumes: `), code(kept.paths.join(', '))),
      ),
      ...volumeLines(preview, data),
      line(noBackup ? bold('Not even a last backup is made.') : 'Before that a last backup is made. Backups stay.'),
    ],
    yes: data ? `Remove ${name} and its data` : `Remove ${name}`,
    no: `Keep ${name}`,
    input: { bot: name, ...(data && { data: 'data' }), ...(noBackup && { nobackup: GIVEN }) },
  }
}

const goes = ({ containers, images, networks }: RemovePreview): Block => {
  const counted = [count(containers, 'container'), count(images, 'image'), count(networks, 'network')]
  const parts = [...counted.flat(), 'its build logs', 'settings and secrets']
  return line(`Removed: ${parts.join(', ')}. The repository is not touched.`)
}

const count = ({ length }: readonly string[], noun: string): string[] =>
  length === 0 ? [] : [`${length} ${noun}${length === 1 ? '' : 's'}`]

const volumeLines = ({ bot, volumes }: RemovePreview, data: boolean): Block[] => {
  if (volumes.length === 0) return [line('It has no volumes.')]
  const names = volumes.flatMap((name, index): Span[] => (index === 0 ? [code(name)] : [', ', code(name)]))
  if (data) return [line(bold('Lost: all that is in its volumes '), ...names)]
  return [line('Stays: its volumes ', ...names), line('With them: ', command(`removebot ${bot.name} data`))]
}
