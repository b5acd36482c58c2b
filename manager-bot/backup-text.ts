import type { BackupView } from '../deploy-engine/index.ts'
import { age, duration } from './text/duration.ts'
import { bold, code, type Line, line } from './text/rich-text.ts'
import { fileSize } from './text/size.ts'

/** Each with its age, size, reason and places. `named`: of several bots. */
export const backupLines = (backups: readonly BackupView[], now: number, { named = false } = {}): Line[] =>
  backups.flatMap((view) => [
    line(
      bold(`${view.id}`),
      named ? ` ${view.bot}` : '',
      ` · ${duration(now - view.createdAt)} ago · ${fileSize(view.bytes)} · ${CAUSES[view.cause]}`,
      ...stateOf(view, now),
    ),
    line('– ', code(view.file), ...view.copies.map(copyText)),
  ])

/** Why it was made, in words that follow its age. */
export const CAUSES: Record<BackupView['cause'], string> = {
  asked: 'asked for',
  schedule: 'by schedule',
  deploy: 'before a deploy',
  restore: 'before a restore',
  remove: 'before the removal',
  import: 'from elsewhere',
}

const stateOf = ({ state, fault, checkedAt }: BackupView, now: number) => {
  if (state === 'gone') return [bold(' · its file is gone')]
  if (state === 'damaged') return [bold(' · damaged'), ...(fault === null ? [] : [`: ${fault}`])]
  if (fault !== null) return [bold(' · can’t be read'), `: ${fault}`]
  return [checkedAt === null ? ' · not verified yet' : ` · verified ${age(now - checkedAt)}`]
}

const copyText = ({ state, note }: BackupView['copies'][number]): string => {
  if (state === 'done') return '; taken elsewhere by TBS_BACKUP_CMD'
  if (state === 'due') return '; TBS_BACKUP_CMD is to take it elsewhere'
  return `; TBS_BACKUP_CMD failed${note === undefined ? '' : `: ${note}`}`
}

export const backupData = (view: BackupView) => {
  const { id, bot, bytes, sha256, cause, release, state, path, fault } = view
  const verifiedAt = view.checkedAt === null ? null : new Date(view.checkedAt).toISOString()
  return {
    ...{ id, bot, at: new Date(view.createdAt).toISOString(), bytes, sha256, cause, release, state, path },
    ...{ verifiedAt, fault },
    copies: copiesData(view),
  }
}

const copiesData = ({ copies }: BackupView) =>
  copies.map(({ to, state, note }) => ({ to, state, ...(note !== undefined && { note }) }))
