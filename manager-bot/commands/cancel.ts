import { z } from 'zod'
import type { Operation } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, type Reply } from '../command.ts'
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
  const { cancelled, stopping, late } = await context.verbs.cancelOperations(context.engine, bot)
  const unreachable: Operation[] = []
  for (const operation of stopping) {
    if (!(await context.enqueue(operation.id))) unreachable.push(operation)
  }
  const said = [
    ...cancelled.map(({ id }) => line(`#${id} of ${bot} is cancelled; it had not begun.`)),
    ...stopping.map(({ id }) => line(`#${id} of ${bot} is being stopped.`)),
    ...late.map(({ id }) => line(`#${id} of ${bot} can't be cancelled any more: it is about to end by itself.`)),
    ...unreachable.map(({ id }) => line(`Queueing is down: Redis can't be reached. #${id} stops at its next step.`)),
  ]
  return {
    text: said.length > 0 ? said : [line(`Nothing is queued or running for ${bot}.`)],
    data: { cancelled: ids(cancelled), stopping: ids(stopping), late: ids(late) },
  }
}

const ids = (operations: readonly Operation[]): number[] => operations.map(({ id }) => id)
