import type { Explanations } from './explained.ts'

const OTHER_COPY = 'Take another copy of the file, or an older backup.'

export const backups = {
  no_backup: { cause: 'There is no backup of that bot.', fix: 'Make one with /backup; /backups shows all.' },
  unknown_backup: { cause: 'There is no backup with that number.', fix: 'See /backups.' },
  backup_gone: {
    cause: 'The file of that backup is not where it was written.',
    fix: 'Put a copy back in its place, or take another backup: /backups',
  },
  other_bot: {
    cause: 'The backup is of another bot, or of the manager itself.',
    fix: 'See /backups. Another bot’s data can be restored into a bot that was added and not deployed.',
  },
  too_slow: {
    cause: 'The data can’t be copied within 20 s, and no bot is frozen for longer.',
    fix: 'Back it up while it is stopped: /stop, /backup, /run',
  },
  not_paused: {
    cause: 'The bot did not stay frozen while its data was copied: somebody resumed or ended it.',
    fix: 'Try again; /logs shows whether it ended by itself.',
  },
  still_paused: {
    cause: 'The bot was frozen for a backup, and Docker could not resume it.',
    fix: 'Bring it back with /restart.',
  },
  spool_changed: {
    cause: 'What was copied for a backup changed before it was packed, so that nothing of it was kept.',
    fix: 'Try again. If it happens again, look at the disk.',
  },
  no_backup_file: { cause: 'There is no such file, or it can’t be read.', fix: 'Look at its path and its rights.' },
  bad_recovery_key: {
    cause: 'What was given is no recovery key: one begins with AGE-SECRET-KEY-1.',
    fix: 'Give it as it was shown, in one line.',
  },
  recovery_key_there: {
    cause: 'There is a recovery key already; it is shown only once.',
    fix: 'If it is lost, make another: “tbs-manager recovery-key --replace”. See docs/lost-key.md.',
  },
  wrong_key: {
    cause: 'The backup was sealed for other keys than this server’s and the one that was given.',
    fix: 'Use the recovery key of the installation that made it.',
  },
  newer_format: {
    cause: 'The backup was made by a newer version of tbs-manager.',
    fix: 'Restore it with that version, or a newer one.',
  },
  not_a_backup: { cause: 'The file is no backup of tbs-manager, or its beginning is damaged.', fix: OTHER_COPY },
  backup_cut: { cause: 'The file ends too early: it was not copied as a whole.', fix: OTHER_COPY },
  backup_altered: { cause: 'The file is not what it was when it was made.', fix: OTHER_COPY },
  bad_manifest: { cause: 'The backup’s list of contents can’t be understood.', fix: OTHER_COPY },
  missing_part: { cause: 'Something that the backup’s list names is not in it.', fix: OTHER_COPY },
  unknown_part: { cause: 'The backup holds something that its list does not name.', fix: OTHER_COPY },
  duplicate_part: { cause: 'The backup holds something twice.', fix: OTHER_COPY },
  part_differs: { cause: 'Something in the backup is not what its list says.', fix: OTHER_COPY },
  trailing_data: { cause: 'The backup holds more than its list says.', fix: OTHER_COPY },
  unsafe_path: { cause: 'A path in the backup leads out of where it belongs.', fix: OTHER_COPY },
  unsafe_file: { cause: 'The backup holds a device or another thing that is no file.', fix: OTHER_COPY },
  bad_volume: { cause: 'The data in the backup can’t be unpacked.', fix: OTHER_COPY },
} satisfies Explanations
