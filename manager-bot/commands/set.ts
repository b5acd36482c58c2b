import { z } from 'zod'
import type { Secret } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, type Reply } from '../command.ts'
import { bold, code, command, line, type Span } from '../text/rich-text.ts'

const FORM = 'a setting is written key=value, such as branch=main'

const TOKEN = { setting: 'token', value: '' }

const Setting = z
  .string(FORM)
  .regex(/^[a-z_]+=|^token$/, FORM)
  .refine((text) => !text.startsWith('token='), 'a token never goes into the command; write token without it')
  .transform((text) =>
    text === 'token' ? TOKEN : { setting: text.slice(0, text.indexOf('=')), value: text.slice(text.indexOf('=') + 1) },
  )

export const set = defineCommand({
  name: 'set',
  usage: '<bot> <setting>',
  summary: 'Change a setting of a bot',
  details:
    'Written key=value; key= with nothing behind it clears the setting. Keys: repo, branch, path (directory of a ' +
    'larger repository), token_env (variable that carries the token), dockerfile (own or ignored), memory (such as ' +
    '512m), cpus (such as 0.5), auto_rollback (on or off: a young release that crashes over and over makes room for ' +
    'the last good one, and that at once). The next deploy uses it. The word token alone asks for a new token.',
  example: 'echo-bot branch=main',
  role: 'owner',
  onlyDatabase: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName, setting: Setting }),
  ask: async ({ bot, setting }, { engine, verbs }) => {
    if (setting !== TOKEN) return undefined
    await verbs.variableNames(engine, bot)
    return [
      line('Now send the new token of ', bold(bot), ' that @BotFather gave you, as one message.'),
      line('I delete that message at once. I wait for 10 minutes; ', command('cancel'), ' ends it.'),
    ]
  },
  run: async ({ bot, setting: { setting, value } }, context) => {
    const { engine, verbs, token } = context
    if (token) return changeToken(context, { bot, token })
    const { was, is, tokenRemoved } = await verbs.setBot(engine, { bot, setting, value })
    return {
      text: [
        line(bold(bot), `: ${setting} was `, shown(was), ', is ', shown(is), '.'),
        ...(tokenRemoved
          ? [line('Its git token was for another server and is removed. A new one: ', command(`gittoken ${bot}`))]
          : []),
        setting === 'auto_rollback'
          ? line('It holds from now on.')
          : line('What runs is as it was. Use it with ', command(`deploy ${bot}`)),
      ],
      data: { bot, setting, was, is },
    }
  },
})

const changeToken = async (
  { engine, verbs }: CommandContext,
  wanted: { bot: string; token: Secret },
): Promise<Reply> => {
  const { bot, was } = await verbs.setToken(engine, wanted)
  const account =
    bot.username === was
      ? ` has a new token of @${was}.`
      : ` is another account from now on: it was @${was}, is @${bot.username}.`
  return {
    text: [line(bold(bot.name), account), line('The next start uses it: ', command(`restart ${bot.name}`))],
    data: { bot: bot.name, was, is: bot.username },
  }
}

const shown = (value: string | null): Span => (value === null ? 'not set' : code(value))
