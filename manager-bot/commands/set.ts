import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { bold, code, command, line, type Span } from '../text/rich-text.ts'

const FORM = 'a setting is written key=value, such as branch=main'

const Setting = z
  .string(FORM)
  .regex(/^[a-z_]+=/, FORM)
  .transform((text) => ({ setting: text.slice(0, text.indexOf('=')), value: text.slice(text.indexOf('=') + 1) }))

export const set = defineCommand({
  name: 'set',
  usage: '<bot> <setting>',
  summary: 'Change a setting of a bot',
  details:
    'Written key=value; key= with nothing behind it clears the setting. Keys: repo, branch, path (directory of a ' +
    'larger repository), token_env (variable that carries the token), dockerfile (own or ignored). The next deploy ' +
    'uses it.',
  example: 'echo-bot branch=main',
  role: 'owner',
  args: ({ BotName }) => z.strictObject({ bot: BotName, setting: Setting }),
  run: async ({ bot, setting: { setting, value } }, { engine, verbs }) => {
    const { was, is, tokenRemoved } = await verbs.setBot(engine, { bot, setting, value })
    return {
      text: [
        line(bold(bot), `: ${setting} was `, shown(was), ', is ', shown(is), '.'),
        ...(tokenRemoved
          ? [line('Its git token was for another server and is removed. A new one: ', command(`gittoken ${bot}`))]
          : []),
        line('What runs is as it was. Use it with ', command(`deploy ${bot}`)),
      ],
      data: { bot, setting, was, is },
    }
  },
})

const shown = (value: string | null): Span => (value === null ? 'not set' : code(value))
