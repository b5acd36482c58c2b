import type { Diagnosis, Mended } from '../../deploy-engine/index.ts'
import { type Block, bold, fold, type Line, line, prose, type RichText } from '../text/rich-text.ts'

/** What is bad first, then what is doubtful, each with what follows and what to do; what is fine is one line. */
export const doctorText = (found: readonly Diagnosis[]): RichText => {
  const troubles = found.filter(({ state }) => state !== 'ok')
  const fine = found.filter(({ state }) => state === 'ok')
  const lines = fine.map(({ found: said }) => line('✓ ', ...prose(said)))
  return [...troubles.flatMap(troubleLines), ...fineLines(fine.length, troubles.length > 0, lines)]
}

const troubleLines = ({ state, check, found, consequence, fix, fixable }: Diagnosis): Block[] => [
  line(state === 'bad' ? '✗ ' : '⚠ ', bold(TITLES[check] ?? check), ': ', ...prose(found)),
  ...(consequence === undefined ? [] : [line('– ', ...prose(consequence))]),
  ...(fix === undefined ? [] : [line(fixable ? '– Can be done here: ' : '– To do: ', ...prose(fix))]),
]

const fineLines = (count: number, isMore: boolean, lines: readonly Line[]): Block[] => {
  if (count === 0) return []
  const checks = `${count}${isMore ? ' more' : ''} ${count === 1 ? 'check is' : 'checks are'} fine`
  return [line(isMore ? `${checks}:` : `All is well: ${checks}:`), fold(lines)]
}

/** What exactly would be done. */
export const plannedText = (fixable: readonly Diagnosis[]): RichText => [
  line(bold(fixable.length === 1 ? 'Do this?' : 'Do all of this?')),
  ...fixable.map(({ fix = '' }) => line('– ', ...prose(fix))),
  line('It takes nothing away that anybody needs, and each check is made again afterwards.'),
]

export const mendedText = (mended: readonly Mended[]): RichText =>
  mended.flatMap(({ before, after, isMended, problem }) => {
    const worst = after[0]?.found ?? ''
    const outcome = problem === undefined ? `it is still so: ${worst}` : problem
    return [
      line(isMended ? '✓ ' : '✗ ', bold(TITLES[before.check] ?? before.check), ': ', ...prose(before.fix ?? '')),
      line(isMended ? '– Done, and looked at again: ' : '– Not done: ', ...prose(isMended ? worst : outcome)),
    ]
  })

const TITLES: Record<string, string> = {
  docker: 'Docker',
  disk: 'Disk',
  memory: 'Memory',
  clock: 'Clock',
  dns: 'DNS',
  telegram: 'Telegram',
  image: 'Manager’s image',
  keys: 'Keys and data',
  database: 'Database',
  bots: 'Bots’ tokens',
  backups: 'Backups',
  orphans: 'Left-overs',
  restarts: 'Restart policy',
  token: 'Manager’s token',
  webhook: 'Manager’s webhook',
  conflict: 'Manager',
  files: 'Private files',
  redis: 'Redis',
  timer: 'Host timer',
}
