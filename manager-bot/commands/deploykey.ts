import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { bold, code, command, line, pre } from '../text/rich-text.ts'

export const deploykey = defineCommand({
  name: 'deploykey',
  usage: '<bot> [new]',
  summary: 'The ssh key that a bot’s repository is read with',
  details:
    'Made when there is none; the private half never leaves this installation. With the word new another key takes ' +
    'its place, and the old one can be removed from the repository.',
  example: 'echo-bot',
  role: 'owner',
  args: ({ BotName }) =>
    z.strictObject({ bot: BotName, new: z.literal('new', 'the only word here is new').optional() }),
  run: async ({ bot, new: renew }, { engine, verbs }) => {
    const key = await verbs.deployKey(engine, bot, { renew: renew !== undefined })
    const { repo } = key.bot
    return {
      text: [
        line(bold(bot), key.made ? ' has a new key. Its public half:' : ' has a key. Its public half:'),
        pre(key.publicKey),
        line(
          'Add it to the repository, for reading only. On GitHub: repository → Settings → Deploy keys; on GitLab: ' +
            'repository → Settings → Repository → Deploy keys.',
        ),
        ...(verbs.protocolOf(repo) === 'ssh'
          ? [line('Then: ', command(`deploy ${bot}`))]
          : [line('It is used over ssh only: ', command(`set ${bot} repo=git@…`), ' — now it is ', code(repo))]),
      ],
      data: { bot, publicKey: key.publicKey, made: key.made },
    }
  },
})
