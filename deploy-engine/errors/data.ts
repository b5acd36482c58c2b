import type { Explanations } from './explained.ts'

export const data = {
  outside_volumes: {
    cause: 'The path is in no volume of the bot, so what is there is lost with each deploy.',
    fix: 'Make its directory a volume: /volume',
  },
  no_such_path: { cause: 'The bot has no such file or directory.', fix: 'Look with “tbs-manager exec” and ls.' },
  no_data: { cause: 'No container of the bot has that directory.', fix: 'Look at the path: /status has the volumes.' },
  volume_exists: { cause: 'There is a volume for that directory already.', fix: 'There is nothing to do.' },
  holds_program: {
    cause: 'The directory holds the program itself, which each deploy replaces.',
    fix: 'Let the bot write into a directory of its own, such as data/, and make that a volume.',
  },
  data_failed: {
    cause: 'Data could not be copied or written. What was there is as it was.',
    fix: 'Look at the disk, with /doctor, then try again.',
  },
  copy_gone: {
    cause: 'The copy that was made of the data before it was changed is gone, so it can’t be put back by itself.',
    fix: 'Put a backup back: /restore',
  },
  nothing_kept: {
    cause: 'There is nothing that a restore has replaced. It is kept for 24 hours.',
    fix: 'Put an older backup back: /backups shows them.',
  },
} satisfies Explanations
