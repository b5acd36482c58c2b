import type { Explanations } from '../../deploy-engine/index.ts'

export const terminal = {
  unattended: {
    cause: 'What was asked for is written down, and no manager runs that could do it. The exit code is 3.',
    fix: 'Start the manager: it is done then.',
  },
  no_manager: {
    cause: 'There is no manager of that instance on that machine.',
    fix: 'Look at the address and at --instance; “tbs-manager install” puts one there.',
  },
  manager_stopped: {
    cause: 'The manager is installed there and does not run, so nothing was done.',
    fix: 'Run “tbs-manager install” again, as the first time: it starts it.',
  },
  only_here: {
    cause: 'The verb works on one machine only, and is not for --host.',
    fix: 'Leave --host away; “install” and “uninstall” take the server as their argument.',
  },
  needs_answer: {
    cause: 'Something has to be asked or confirmed, and nobody can be asked. Nothing was changed.',
    fix: 'Give it by a flag or a variable, or say yes with --yes.',
  },
  no_repo: {
    cause: 'telegram-bot-stack knows of no git repository, and the manager needs one.',
    fix: 'Name it with --repo.',
  },
  file_exists: { cause: 'There is a file in that place, which is not replaced.', fix: 'Name another place.' },
  no_screen: {
    cause: 'A backup would be written to a screen.',
    fix: 'Write it to a file, or with --output - into a pipe.',
  },
  no_terminal: {
    cause: 'exec -t hands a terminal on, and there is none.',
    fix: 'Leave -t away, or use “ssh -t”. See docs/installing.md.',
  },
  bad_tar: {
    cause: 'What a server sent has a path that leads elsewhere, so it was not unpacked.',
    fix: 'Look at that bot’s data: nothing that the manager makes has such a path.',
  },
} satisfies Explanations
