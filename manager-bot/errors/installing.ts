import type { Explanations } from '../../deploy-engine/index.ts'

export const installing = {
  ssh_unreachable: {
    cause: 'The server gives no answer to SSH.',
    fix: 'Look at its address, at --port, and at the firewall of your provider. Try it with ssh.',
  },
  ssh_refused: {
    cause: 'The server lets nobody in with the keys and passwords that were tried.',
    fix: 'Give a key with --key, or a password when asked. Try it with ssh.',
  },
  host_key_refused: {
    cause: 'The server’s host key is not known, and nobody has agreed to it. Nothing was sent.',
    fix: 'Compare it with what your provider shows, and say yes, or give it with --fingerprint.',
  },
  bad_ssh_key: {
    cause: 'The key to log in with can’t be read, or has a passphrase.',
    fix: 'Look at its path; let your agent hold a key with a passphrase: ssh-add',
  },
  connection_lost: {
    cause: 'The connection to the server broke. What was begun there may go on.',
    fix: 'Run the same command again: it goes on where it stopped.',
  },
  not_root: {
    cause: 'The login is not root, and may not become root by sudo.',
    fix: 'Log in as root, or as somebody who may use sudo; its password can be in TBS_SUDO_PASSWORD.',
  },
  unknown_machine: {
    cause: 'The server’s processor is neither x86-64 nor arm64. Nothing was changed.',
    fix: 'Take another server.',
  },
  unknown_system: {
    cause: 'The server runs a system that the installer does not know. Nothing was changed.',
    fix: 'Take one with Debian, Ubuntu or Fedora, or use Docker Compose: see docs/installing.md.',
  },
  too_small: {
    cause: 'The server has too little disk or memory. Nothing was changed.',
    fix: 'Make room, or take a larger server.',
  },
  bad_token: {
    cause: 'What was given for the manager’s token is none. Nothing was changed.',
    fix: 'Copy it as a whole from @BotFather: digits, a colon, and 35 letters and signs.',
  },
  docker_too_old: {
    cause: 'The server’s Docker is older than 20.10.',
    fix: 'Update it by the packages that it came from: bots and images stay.',
  },
  not_bundled: {
    cause: 'A clone has no bundle that could be sent to a server.',
    fix: 'Make one: npm run bundle',
  },
  image_not_built: {
    cause: 'The manager’s image could not be built on the server.',
    fix: 'The last lines say why: as a rule the disk is full, or a registry can’t be reached. Then run it again.',
  },
  command_failed: {
    cause: 'A program on the server failed; the message has what it said.',
    fix: 'Correct what it says, and run the same command again.',
  },
  no_last_backup: {
    cause: 'uninstall makes a last backup, and it failed. Nothing was removed.',
    fix: 'Correct it, or leave it out with --no-backup.',
  },
  not_all_gone: {
    cause: 'Something came back while it was removed.',
    fix: 'Run the same command again.',
  },
} satisfies Explanations
