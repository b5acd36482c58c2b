import type { Explanations } from './explained.ts'

export const asking = {
  unknown_bot: { cause: 'There is no bot of that name here.', fix: 'See /bots for those that there are.' },
  name_taken: { cause: 'There is a bot of that name already.', fix: 'Choose another name.' },
  bad_value: {
    cause: 'A value is not of the kind that is taken there. Nothing was changed.',
    fix: 'Correct it and send it again.',
  },
  unknown_setting: { cause: 'There is no setting of that name.', fix: 'See “/help set” for those that there are.' },
  not_deployed: { cause: 'The bot has no version yet.', fix: 'Deploy it: /deploy' },
  not_running: { cause: 'The bot does not run, and this needs it to.', fix: 'Start it with /run.' },
  already_running: { cause: 'The bot runs already.', fix: 'For a fresh start: /restart' },
  already_stopped: { cause: 'The bot is stopped already.', fix: 'Start it with /run.' },
  already_active: { cause: 'That version is the one that is active.', fix: 'See /releases for the others.' },
  no_release: {
    cause: 'There is no such version, or none that was seen working.',
    fix: 'See /releases for those that there are.',
  },
  bot_busy: {
    cause: 'Something is being done with the bot, and this can’t be done at the same time.',
    fix: 'Wait for its end, or stop it with /cancel.',
  },
  bot_locked: {
    cause: 'Somebody has locked the bot: nobody deploys, rolls back or removes it.',
    fix: 'Ask whoever locked it, or an owner, to /unlock it.',
  },
  not_locked: { cause: 'The bot is not locked.', fix: 'There is nothing to do.' },
  bot_stopped: {
    cause: 'The manager wanted to start the bot, and a person has stopped it meanwhile.',
    fix: 'Start it with /run if it is to run.',
  },
  bot_frozen: {
    cause: 'The bot is frozen at this moment, as a rule because its data is copied for a backup.',
    fix: 'Try again in some seconds.',
  },
  unknown_operation: { cause: 'There is no operation with that number.', fix: 'See /audit for what was done.' },
  unknown_incident: { cause: 'There is no incident with that number.', fix: 'See /incidents.' },
  incident_over: { cause: 'The incident is over already.', fix: 'There is nothing to do.' },
  cancelled: { cause: 'A person has cancelled it, and things are as before.', fix: 'Ask for it again if you want it.' },
  superseded: { cause: 'A later deploy took its place before it began.', fix: 'There is nothing to do.' },
  bot_removed: { cause: 'The bot was removed before this began.', fix: 'There is nothing to do.' },
  interrupted: {
    cause: 'The manager was stopped or killed while it was at work, and has put things back.',
    fix: 'Ask for it again.',
  },
  internal: {
    cause: 'That is a bug of the manager. What it was doing was put back as far as possible.',
    fix: 'The manager’s log has the details: please report it with them.',
  },
} satisfies Explanations
