import type { Explanations } from './explained.ts'

export const importing = {
  no_deploy_yaml: {
    cause: 'The directory has no deploy.yaml, so it is none of telegram-bot-stack.',
    fix: 'Copy deploy.yaml there from where telegram-bot-stack was run.',
  },
  bad_deploy_yaml: {
    cause: 'deploy.yaml can’t be understood. Nothing was changed.',
    fix: 'It has to be that of telegram-bot-stack, with bot.name in it.',
  },
  still_written: {
    cause: 'A file changes while it is read, so that its copy would be none. Nothing was changed.',
    fix: 'Stop what writes there, then try again.',
  },
  unreadable: {
    cause: 'A file or directory can’t be read. Nothing was changed.',
    fix: 'Look at its path, and run it as somebody who may read it.',
  },
} satisfies Explanations
