import { z } from 'zod'
import { type Command, defineCommand, usageHint } from '../command.ts'
import { bold, command, line } from '../text/rich-text.ts'

export const addbot: Command = defineCommand({
  name: 'addbot',
  usage: '[name] [repo] [branch] [--path <dir>]',
  summary: 'Add a bot',
  details:
    'In the chat, without a repository: step by step, from what the repository tells. With one, it is registered as ' +
    'soon as its token has come. The token never goes into the command: in the chat it is the next message, deleted ' +
    'at once; in the terminal it comes on standard input. --path is for a bot in a directory of a larger repository.',
  example: 'echo-bot https://github.com/me/echo-bot.git main',
  role: 'owner',
  reads: ({ repo }) => repo === undefined,
  args: ({ BotName, RepoUrl, RefName, RepoPath }) =>
    z.strictObject({
      name: BotName.optional(),
      repo: RepoUrl.optional(),
      branch: RefName.optional(),
      path: RepoPath.optional(),
      turn: z.string().optional(),
      choice: z.string().optional(),
    }),
  ask: async ({ name, repo }, { engine, verbs }) => {
    if (name === undefined || repo === undefined) return undefined
    await verbs.checkNewBot(engine, { name, repo })
    return [
      line('Now send the token of ', bold(name), ' that @BotFather gave you, as one message.'),
      line('I delete that message at once. I wait for 10 minutes; ', command('cancel'), ' ends it.'),
    ]
  },
  run: async ({ name, repo, branch, path, turn, choice = '' }, context) => {
    const { engine, verbs, token, wizard } = context
    if (wizard && turn !== undefined) return wizard.press({ turn, choice }, context)
    if (name === undefined || repo === undefined) {
      if (wizard) return wizard.begin(name === undefined ? {} : { name })
      throw new verbs.TbsError('bad_argument', 'A name and a repository are needed', { hint: usageHint(addbot) })
    }
    if (!token) throw new Error('addbot runs after the door asked for the token')
    const where = { ...(branch !== undefined && { branch }), ...(path !== undefined && { path }) }
    const bot = await verbs.addBot(engine, { name, repo, token, ...where })
    return {
      text: [
        line(bold(bot.name), ` is registered as @${bot.username}.`),
        line(
          'If it already runs somewhere else, stop it there first: Telegram lets only one process read its updates.',
        ),
        line('Then: ', command(`deploy ${bot.name}`)),
      ],
      data: { name: bot.name, username: bot.username, repo: bot.repo, branch: bot.branch, path: bot.path },
    }
  },
})
