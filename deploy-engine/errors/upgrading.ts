import type { Explanations } from './explained.ts'

export const upgrading = {
  same_version: {
    cause: 'The manager is that version already.',
    fix: 'There is nothing to do. Another one can be named: /upgrade 1.4.0.',
  },
  operations_running: {
    cause: 'The manager is at work, and is not replaced in the middle of it. Nothing was changed.',
    fix: 'Wait for the end of what the message names, or /cancel it, and ask again.',
  },
  upgrade_running: {
    cause: 'An upgrade of the manager is being prepared, or has begun and not ended.',
    fix: 'It ends by itself within two minutes. If what carries it out was removed, the same command goes on with it.',
  },
  unknown_image: {
    cause: 'There is no image of that name on the server to make the manager of.',
    fix: 'Upgrade by a version: /upgrade, or “tbs-manager upgrade”. Its image is built then.',
  },
  no_version_before: {
    cause: 'No upgrade was kept yet, so that there is no version to go back to.',
    fix: 'Any version can be installed: “npx tbs-manager@<version> upgrade user@host”.',
  },
  rollback_too_late: {
    cause:
      'The version before can’t read today’s database, and its own copy does not know of what was done since: that ' +
      'would run on with nobody knowing of it. Nothing was changed.',
    fix: 'Upgrade to a version in which the trouble is corrected.',
  },
  manager_exited: {
    cause: 'The new manager ended by itself. The one before was put back.',
    fix: 'What it printed last is in the message. Report it, and stay with the version that works.',
  },
  manager_not_well: {
    cause:
      'The new manager ran, but was not seen answering and polling Telegram within a minute. The one before is back.',
    fix: 'See by /doctor whether Telegram is reached at all, then try again.',
  },
  database_newer: {
    cause: 'A newer version of the manager has changed the database, and this one can’t know how. Nothing was changed.',
    fix: 'Use that version or a later one: “npx tbs-manager@latest upgrade user@host”.',
  },
  no_copy: {
    cause: 'The copy of the database that an upgrade had made is gone, so that it can’t be put back.',
    fix: 'Restore the manager’s state from a backup: see docs/backups.md.',
  },
} satisfies Explanations
