import { z } from 'zod'
import { type CommandContext, defineCommand, type Offer, type Reply } from '../command.ts'
import { age } from '../text/duration.ts'
import { bold, code, command, line } from '../text/rich-text.ts'

export const secret = defineCommand({
  name: 'secret',
  usage: '<bot> [key] [--remove]',
  summary: 'Set a secret variable of a bot; its value is asked for',
  details:
    'Without a key: the names of those that there are. The value never goes into the command: in the chat it is the ' +
    'next message, deleted at once; in the terminal it comes on standard input. It is stored encrypted and never ' +
    'shown again. The next start of the bot uses it.',
  example: 'weather-bot API_KEY',
  role: 'owner',
  reads: ({ key }) => key === undefined,
  token: 'value',
  args: ({ BotName, EnvKey }) =>
    z.strictObject({ bot: BotName, key: EnvKey.optional(), remove: z.string().optional() }),
  ask: async ({ bot, key, remove }, { engine, verbs }) => {
    if (key === undefined || remove !== undefined) return undefined
    await verbs.variableNames(engine, bot)
    return [
      line('Now send the value of ', code(key), ' for ', bold(bot), ', as one message.'),
      line('I delete that message at once. I wait for 10 minutes; ', command('cancel'), ' ends it.'),
    ]
  },
  confirm: async ({ bot, key, remove }, context) => {
    if (key === undefined || remove === undefined) return undefined
    await mustHave(context, bot, key)
    return {
      text: [
        line(bold(`Remove ${key} of ${bot}?`), ' Nobody can get its value back out of here.'),
        line('What runs has it until it is started again.'),
      ],
      yes: `Remove ${key}`,
      no: 'Keep it',
      input: { bot, key, remove },
    }
  },
  run: async ({ bot, key, remove }, context) => {
    const { engine, verbs, token } = context
    if (key === undefined) return list(context, bot)
    if (remove !== undefined) {
      await mustHave(context, bot, key)
      await verbs.setVariables(engine, bot, { [key]: null })
      return changed(context, { bot, key, what: ' is removed; what runs has it until it is started again.' })
    }
    if (!token) throw new Error('secret runs after the door asked for the value')
    await verbs.setVariables(engine, bot, { [key]: token })
    return changed(context, { bot, key, what: ' is set. The next start uses it.' })
  },
})

const changed = async (
  { engine, verbs }: CommandContext,
  { bot, key, what }: { bot: string; key: string; what: string },
): Promise<Reply> => {
  const isDeployed = (await verbs.releaseList(engine, bot)).releases.some(({ state }) => state === 'active')
  const deploy: Offer = { label: 'Deploy again', command: 'deploy', input: { bot } }
  const restart: Offer = { label: 'Restart', command: 'restart', input: { bot }, style: 'primary' }
  return {
    text: [line(bold(bot), ': ', code(key), what)],
    offers: [isDeployed ? [restart, deploy] : [{ ...deploy, style: 'primary' }]],
    data: { bot, key },
  }
}

const list = async ({ engine, verbs }: CommandContext, bot: string): Promise<Reply> => {
  const { variables, files } = await verbs.secretList(engine, bot)
  const now = engine.clock.now()
  const shown = ({ key, updatedAt }: (typeof variables)[number]) =>
    line('– ', code(key), ` · set ${age(now - updatedAt)}`)
  return {
    text: [
      line(bold(`Secrets of ${bot}`), ', without their values:'),
      line('– its token'),
      ...variables.map(shown),
      ...(files.length > 0 ? [line(bold('Config files')), ...files.map(shown)] : []),
      line('To set one: ', command(`secret ${bot} KEY`)),
    ],
    data: { bot, variables: variables.map(({ key }) => key), files: files.map(({ key }) => key) },
  }
}

const mustHave = async ({ engine, verbs }: CommandContext, bot: string, key: string): Promise<void> => {
  if ((await verbs.variableNames(engine, bot)).includes(key)) return
  throw new verbs.TbsError('not_set', `${bot} has no secret ${key}`, { hint: `See /secret ${bot}` })
}
