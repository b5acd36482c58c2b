import type { Explanations } from '../../deploy-engine/index.ts'

export const people = {
  not_allowed: {
    cause: 'Your role does not reach that far, for that bot or for all.',
    fix: 'Ask an owner: /people shows who that is.',
  },
  unknown_command: { cause: 'There is no such command.', fix: 'See /help.' },
  bad_argument: {
    cause: 'A word behind a command is missing, is too much, or is not of the kind that is taken there.',
    fix: 'See /help for how it is used.',
  },
  private_only: {
    cause: 'A secret would be said, or asked for, where others read it.',
    fix: 'Send the same command in the private chat with the manager.',
  },
  group_only: { cause: 'The command is for groups and topics.', fix: 'Use it in a group: /here' },
  bound: {
    cause: 'The whole group takes commands, so that no topic of it can be taken in or out alone.',
    fix: 'Say “/here off” in General first.',
  },
  not_bound: { cause: 'No commands are taken in that group or topic as it is.', fix: 'Begin with /here.' },
  unknown_person: {
    cause: 'The manager does not know that person, or knows several of that name.',
    fix: 'Use the id that /people shows, or make a link: “/grant invite viewer”.',
  },
  no_role: { cause: 'The person has no such role.', fix: 'See /people for who has which.' },
  no_invitation: {
    cause: 'The invitation was used, taken back, or is too old.',
    fix: 'See /people for those that are open; /grant makes another.',
  },
  last_owner: {
    cause: 'It is the last owner, and somebody has to own the manager.',
    fix: 'Make somebody else an owner first, with /grant.',
  },
  never_started: {
    cause: 'A link needs the name of the manager’s bot, which is known once it has run.',
    fix: 'Start it and ask again: “tbs-manager serve”',
  },
} satisfies Explanations
