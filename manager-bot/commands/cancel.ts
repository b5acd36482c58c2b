import { z } from 'zod'
import type { Operation } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, type Reply } from '../command.ts'
import { queueDown } from '../operate.ts'
import { line } from '../text/rich-text.ts'

export const cancel = defineCommand({
  name: 'cancel',
  usage: '[bot]',
  summary: 'Stop what is queued or running for a bot',
  details: 'Works in every step. The version that ran before runs on. Without a bot: stop waiting for a token.',
  example: 'echo-bot',
  role: 'owner',
  args: ({ BotName }) => z.strictObject({ bot: BotName.optional() }),
  run: ({ bot }, context) => (bot === undefined ? forget(context) : cancelBot(bot, context)),
})

const forget = async (context: CommandContext): Promise<Reply> => {
  const forgot = await context.forget()
  const text = forgot
    ? 'Cancelled. I no longer wait for a token.'
    : 'Nothing to cancel here. To stop a deploy: /cancel <bot>'
  return { text: [line(text)], data: { forgot } }
}

const cancelBot = async (bot: string, context: CommandContext): Promise<Reply> => {
  const { cancelled, stopping } = await context.verbs.cancelOperations(context.engine, bot)
  const unreachable: Operation[] = []
  for (const operation of stopping) {
    if (!(await context.enqueue(operation.id))) unreachable.push(operation)
  }
  const said = [
    ...cancelled.map(({ id }) => line(`#${id} of ${bot} is cancelled; it had not begun.`)),
    ...stopping.map(({ id }) => line(`#${id} of ${bot} is being stopped.`)),
    ...unreachable.map(({ id }) => line(queueDown(id))),
  ]
  return {
    text: said.length > 0 ? said : [line(`Nothing is queued or running for ${bot}.`)],
    data: { cancelled: cancelled.map(({ id }) => id), stopping: stopping.map(({ id }) => id) },
  }
}
