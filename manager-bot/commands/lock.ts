import { z } from 'zod'
import type { Operation } from '../../deploy-engine/index.ts'
import { defineCommand } from '../command.ts'
import { type Block, bold, command, line } from '../text/rich-text.ts'

export const lock = defineCommand({
  name: 'lock',
  usage: '<bot> <reason…>',
  summary: 'Freeze what runs of a bot',
  details:
    'Nobody can deploy, roll back, remove it or turn a directory into a volume until /unlock; whoever tries is told ' +
    'who locked it and why, and owners may do it anyway. It can still be stopped, started and restarted, and a ' +
    'version that does not work still makes room for the one before.',
  example: 'echo-bot release freeze until Monday',
  role: 'admin',
  onlyDatabase: true,
  args: ({ BotName }) =>
    z.strictObject({ bot: BotName, reason: z.string().trim().min(1, 'say why').max(200, 'at most 200 characters') }),
  run: async ({ bot, reason }, { engine, verbs, requestedBy, people }) => {
    const name = await people.nameOf(requestedBy)
    const { lock: made, operations } = await verbs.lockBot(engine, { bot, by: requestedBy, name, reason })
    return {
      text: [
        line(bold(bot), ` is ${verbs.lockText(engine, made)}`),
        ...operations.map((operation) => underWay(bot, operation)),
        line('To end that: ', command(`unlock ${bot}`)),
      ],
      data: { bot, by: requestedBy, at: new Date(made.at).toISOString(), reason },
    }
  },
})

const underWay = (bot: string, { id, kind, state }: Operation): Block =>
  state === 'running'
    ? line(`#${id} (${kind}) has begun and goes on: `, command(`cancel ${bot} ${id}`))
    : line(`#${id} (${kind}) is queued and will be refused when its turn comes.`)
