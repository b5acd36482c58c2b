import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { operate } from '../operate.ts'
import { bold, command, line } from '../text/rich-text.ts'

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
        line('Its users get no answers until ', command(`run ${bot}`), '; it stays stopped also after a reboot.'),
        line('Telegram keeps what they send for a day. Its data is kept.'),
      ],
      yes: `Stop ${bot}`,
      no: 'Let it run',
      input: { bot },
    }
  },
  run: ({ bot }, context) => operate(context, { kind: 'stop', bot, args: {} }),
})
