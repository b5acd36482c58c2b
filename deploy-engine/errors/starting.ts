import type { Explanations } from './explained.ts'

export const starting = {
  exited: {
    cause: 'The new version ended by itself. The one before runs again.',
    fix: 'See what it printed last, with /logs: a missing variable, a file that is not there, a wrong token.',
  },
  restarted: {
    cause: 'The new version ended and was started again while it was being watched.',
    fix: 'See what it printed last, with /logs.',
  },
  out_of_memory: {
    cause: 'The new version needed more memory than its limit and was killed.',
    fix: 'Give it more and deploy again: “/set <bot> memory=1g”.',
  },
  deaf: {
    cause: 'The new version runs, and updates wait that it does not take: it does not poll, or hangs.',
    fix: 'Does it poll, with the token that it is given? See what it printed, with /logs.',
  },
  not_healthy: {
    cause: 'A container runs, and its own health check says that it is not well.',
    fix: 'Look at its log, and at what the check asks. What takes long to start needs a longer gate.ready.',
  },
  gate_command: {
    cause: 'The command under gate.command in tbs.yaml failed, or did not end in time, so the version was not kept.',
    fix: 'Run the same command by hand, correct what it finds, and deploy again.',
  },
  telegram_unreachable: {
    cause: 'The Bot API gives no answer, so that nothing can be said of a version.',
    fix: 'Try again when Telegram answers. If only this server can’t reach it: look at its DNS, firewall and clock.',
  },
  hook_failed: {
    cause: 'The command under hooks.release in tbs.yaml failed. The data was put back as it was.',
    fix: 'Correct the hook, or what it runs, and deploy again.',
  },
  hook_timeout: {
    cause: 'The command under hooks.release in tbs.yaml did not end within 60 s. The data was put back as it was.',
    fix: 'Make it shorter: no version runs meanwhile. Then deploy again.',
  },
  port_taken: {
    cause: 'A port of the server that the bot wants is used by something else.',
    fix: 'Change run.ports in tbs.yaml, or stop what uses it.',
  },
  unknown_network: {
    cause: 'tbs.yaml names a Docker network under run.networks that there is not.',
    fix: 'Create it, or correct the name.',
  },
  no_network: {
    cause: 'All addresses that bots may have are in use, on this server or on its networks.',
    fix: 'Give the manager another range in TBS_NET_POOL.',
  },
  unknown_user: {
    cause: 'The image runs as a user that it does not have, so its data can’t be given to anybody.',
    fix: 'Use a number in USER, or create that user in the Dockerfile.',
  },
  file_in_volume: {
    cause: 'A config file would lie in a volume, and there outlive the container that it is for.',
    fix: 'Let the bot read it from elsewhere, or remove the config file.',
  },
  release_gone: {
    cause: 'The image of that version was removed, to free disk or by hand.',
    fix: 'Build it again: /deploy with its commit.',
  },
  not_stopped: {
    cause: 'Something still runs that has to be stopped first, since it writes into its data or takes the updates.',
    fix: 'Stop it. If Docker can’t stop it, see “docker ps” and Docker’s log on the server.',
  },
  undo_failed: {
    cause: 'A new version failed, and the one before could not be started again: nothing runs.',
    fix: 'See /logs, and deploy a version that works.',
  },
} satisfies Explanations
