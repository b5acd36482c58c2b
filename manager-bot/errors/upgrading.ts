import type { Explanations } from '../../deploy-engine/index.ts'

export const upgrading = {
  upgrade_undone: {
    cause: 'The new manager was not kept. The one before is back, with its database as it was.',
    fix: 'The message says why, with what the new one printed last.',
  },
  upgrade_unseen: {
    cause: 'The upgrade has not ended for four minutes; it goes on without whoever watched it.',
    fix: 'See on the server: “docker ps --all”, and upgrade/journal.json in the data directory.',
  },
  newer_there: {
    cause: 'The manager on that server is newer than the package that was to be installed, and was left alone.',
    fix: 'Use the newest: “npx tbs-manager@latest install”. Back on purpose: “tbs-manager upgrade --rollback”.',
  },
  not_installed: {
    cause: 'The manager runs in no container that was installed, so it can’t replace itself.',
    fix: 'Stop it, and start the version that you want in the way that this one was started.',
  },
  unknown_version: {
    cause: 'The registry has no such version.',
    fix: 'The message names some that there are. Without a version, the newest is taken.',
  },
  registry_unreachable: {
    cause: 'npm’s registry, or the one of NPM_CONFIG_REGISTRY, could not be read. Nothing was changed.',
    fix: 'Try again, or upgrade from your own machine: “npx tbs-manager@latest upgrade user@host”.',
  },
  damaged_package: {
    cause: 'What was downloaded is not what the registry says it is, or holds something that no package may.',
    fix: 'Try again. If it stays so, do not install it.',
  },
  only_in_chat: {
    cause: 'Only the manager itself can do that, and it is asked in its chat.',
    fix: 'From a terminal: “npx tbs-manager@latest upgrade user@host”.',
  },
} satisfies Explanations
