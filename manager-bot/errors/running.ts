import type { Explanations } from '../../deploy-engine/index.ts'

export const running = {
  bad_config: {
    cause: 'A variable or flag of the manager has a value that it does not take.',
    fix: 'Correct the one that the message names; docs/settings.md has all of them.',
  },
  manager_running: {
    cause: 'Another manager runs on the same data.',
    fix: 'Stop it first, or give this one its own TBS_DATA_DIR and TBS_INSTANCE.',
  },
  redis_missing: {
    cause: 'There is no redis-server that could be started. An installed manager has it in its image.',
    fix: 'Install redis-server, or set REDIS_URL.',
  },
  redis_unreachable: {
    cause: 'Redis gives no answer. Nothing is lost: it holds only what is in the database, too.',
    fix: 'Look at its log, redis.log below the data directory, or at REDIS_URL.',
  },
} satisfies Explanations
