import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { operate } from '../operate.ts'
import { bold, line } from '../text/rich-text.ts'

export const stop = defineCommand({
  name: 'stop',
  usage: '<bot>',
  summary: 'Stop a bot',
  details:
    'It stays stopped, also after a reboot, until /run, /restart or a deploy. Telegram keeps its updates for a day.',
  example: 'echo-bot',
  role: 'admin',
  args: ({ BotName }) => z.strictObject({ bot: BotName }),
  confirm: async ({ bot }, { engine, verbs }) => {
    const { state, release } = await verbs.botStatus(engine, bot)
    // Then there is nothing to ask: it is refused.
    if (!release || state === 'stopped') return undefined
    return {
      text: [
        line(bold(`Stop v${release.number} of ${bot}?`)),
        line('It answers nobody until you start it again, also after a reboot.'),
        line('Telegram keeps what its users write for a day. Its data stays.'),
      ],
      yes: `Stop ${bot}`,
      no: 'Let it run',
      input: { bot },
    }
  },
  run: ({ bot }, context) => operate(context, { kind: 'stop', bot, args: {} }),
})
