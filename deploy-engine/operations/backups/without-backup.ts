import { TbsError } from '../../error.ts'

/** What fails for its backup can also be had without one: says so, for whoever knows what they do. */
export const withWayOut = (error: unknown, command: string): unknown => {
  if (!(error instanceof TbsError) || !REASONS.includes(error.code)) return error
  const { code, message, hint } = error
  return new TbsError(code, message, {
    hint: `${hint === undefined ? '' : `${hint}. `}Or without a backup: ${command.trim()} --nobackup`,
    cause: error,
  })
}

const REASONS = ['disk_full', 'too_slow', 'not_paused', 'data_failed', 'secret_unreadable', 'bad_key_file']
