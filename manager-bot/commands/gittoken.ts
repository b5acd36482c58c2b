import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { bold, code, command, line } from '../text/rich-text.ts'

export const gittoken = defineCommand({
  name: 'gittoken',
  usage: '<bot>',
  summary: 'Store the token that a bot’s https repository is read with',
  details:
    'The token never goes into the command: in the chat it is the next message, deleted at once; in the terminal it ' +
    'comes on standard input. It is tried before it is stored. Where a user name belongs to it: user:token.',
  example: 'echo-bot',
  role: 'owner',
  token: 'git',
  args: ({ BotName }) => z.strictObject({ bot: BotName }),
  ask: async ({ bot }, { engine, verbs }) => {
    const { repo } = await verbs.checkTokenFits(engine, bot)
    return [
      line('Now send a token that may read ', code(repo), ', as one message.'),
      line('On GitHub: Settings → Developer settings → Fine-grained tokens, this repository, Contents: read-only.'),
      line('I delete that message at once. I wait for 10 minutes; ', command('cancel'), ' ends it.'),
    ]
  },
  run: async ({ bot }, { engine, verbs, token }) => {
    if (!token) throw new Error('gittoken runs after the door asked for the token')
    const { repo } = await verbs.setGitToken(engine, { bot, token }, new AbortController().signal)
    return {
      text: [
        line(bold(bot), ': the token is stored, and ', code(repo), ' can be read.'),
        line('Then: ', command(`deploy ${bot}`)),
      ],
      data: { bot, repo },
    }
  },
})
