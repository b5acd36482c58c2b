import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { bold, code, command, line } from '../text/rich-text.ts'

export const secret = defineCommand({
  name: 'secret',
  usage: '<bot> <key>',
  summary: 'Set a variable of a bot; its value is asked for',
  details:
    'The value never goes into the command: in the chat it is the next message, deleted at once; in the terminal it ' +
    'comes on standard input. It is stored encrypted and never shown again. The next start of the bot uses it.',
  example: 'weather-bot API_KEY',
  role: 'owner',
  token: 'value',
  args: ({ BotName, EnvKey }) => z.strictObject({ bot: BotName, key: EnvKey }),
  ask: async ({ bot, key }, { engine, verbs }) => {
    await verbs.variableNames(engine, bot)
    return [
      line('Now send the value of ', code(key), ' for ', bold(bot), ', as one message.'),
      line('I delete that message at once. I wait for 10 minutes; ', command('cancel'), ' ends it.'),
    ]
  },
  run: async ({ bot, key }, { engine, verbs, token }) => {
    if (!token) throw new Error('secret runs after the door asked for the value')
    await verbs.setVariables(engine, bot, { [key]: token })
    return {
      text: [line(bold(bot), ': ', code(key), ' is set. The next start uses it.')],
      offers: [{ label: 'Deploy again', command: 'deploy', input: { bot }, style: 'primary' }],
      data: { bot, key },
    }
  },
})
