import type { Explanations } from './explained.ts'

export const server = {
  docker_unreachable: {
    cause: 'Docker gives no answer: it does not run, was restarted, or may not be used by this user.',
    fix: 'See “systemctl status docker” on the server. Bots that run go on without the manager.',
  },
  docker_refused: {
    cause: 'Docker refused something; the message has its own words.',
    fix: 'Look at /doctor and at Docker’s log on the server, then try again.',
  },
  disk_full: {
    cause: 'The disk is full, or too full for what was asked. The running version was not touched.',
    fix: 'Free some disk: /prune shows which images nothing needs, /backups what backups take.',
  },
  database_locked: {
    cause: 'Another process keeps the manager’s database locked, so nothing can be written down.',
    fix: 'Look for a program that has tbs.sqlite open, a backup of the server for one, and end it.',
  },
  program_failed: {
    cause: 'The program under TBS_BACKUP_CMD failed or took too long. The backup itself is good.',
    fix: 'Run it by hand with the path of the backup: /backups shows both.',
  },
} satisfies Explanations
