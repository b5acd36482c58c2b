import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { bold, command, line } from '../text/rich-text.ts'

export const addbot = defineCommand({
  name: 'addbot',
  usage: '<name> <repo> [branch] [--path <dir>]',
  summary: 'Register a bot; its token is asked for',
  details:
    'The token never goes into the command: in the chat it is the next message, deleted at once; in the terminal it ' +
    'comes on standard input. --path is for a bot in a directory of a larger repository.',
  example: 'echo-bot https://github.com/me/echo-bot.git main',
  role: 'owner',
  args: ({ BotName, RepoUrl, RefName, RepoPath }) =>
    z.strictObject({ name: BotName, repo: RepoUrl, branch: RefName.optional(), path: RepoPath.optional() }),
  ask: async ({ name, repo }, { engine, verbs }) => {
    await verbs.checkNewBot(engine, { name, repo })
    return [
      line('Now send the token of ', bold(name), ' that @BotFather gave you, as one message.'),
      line('I delete that message at once. I wait for 10 minutes; ', command('cancel'), ' ends it.'),
    ]
  },
  run: async ({ name, repo, branch, path }, { engine, verbs, token }) => {
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
