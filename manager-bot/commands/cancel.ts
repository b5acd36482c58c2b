import { z } from 'zod'
import type { Operation } from '../../deploy-engine/index.ts'
import { type CommandContext, defineCommand, type Offer, type Reply } from '../command.ts'
import { reaches } from '../role.ts'
import { bold, line } from '../text/rich-text.ts'

export const cancel = defineCommand({
  name: 'cancel',
  usage: '[bot] [operation]',
  summary: 'Stop what is queued or running for a bot',
  details:
    'Works in every step. The version that ran before runs on. With a number, such as 12, only that operation. ' +
    'Without a bot: stop waiting for a token, or choose what to cancel.',
  example: 'echo-bot',
  role: 'admin',
  reads: ({ bot }) => bot === undefined,
  acrossBots: true,
  args: ({ BotName }) => z.strictObject({ bot: BotName.optional(), operation: OperationNumber.optional() }),
  run: ({ bot, operation }, context) => (bot === undefined ? forget(context) : cancelBot({ bot, operation }, context)),
})

const OperationNumber = z
  .string()
  .regex(/^#?\d{1,9}$/, 'an operation is a number such as 12')
  .transform((text) => Number(text.replace('#', '')))

const forget = async (context: CommandContext): Promise<Reply> => {
  const forgot = await context.forget()
  if (forgot) return { text: [line('Cancelled. I no longer wait for a token.')], data: { forgot } }
  if (await context.wizard?.cancel()) return { text: [line('Cancelled. No bot was added.')], data: { forgot: true } }
  const data = { forgot }
  const offers = await goingOn(context)
  if (offers.length > 0) return { text: [line(bold('What shall be cancelled?'))], offers, data }
  return { text: [line('Nothing to cancel here. To stop a deploy: /cancel <bot>')], data }
}

const goingOn = async ({ engine, verbs, access }: CommandContext): Promise<Offer[]> =>
  (await verbs.botStatuses(engine))
    .filter(({ bot }) => reaches(access.roleFor(bot.name), 'admin'))
    .flatMap(({ bot: { name }, operations }) =>
      operations.map(({ id, kind }) => ({
        label: `#${id}: ${kind} of ${name}`,
        command: 'cancel',
        input: { bot: name, operation: String(id) },
        fate: 'replaced' as const,
      })),
    )

type Wanted = { bot: string; operation: number | undefined }

const cancelBot = async ({ bot, operation }: Wanted, context: CommandContext): Promise<Reply> => {
  const { cancelled, stopping, late } = await context.verbs.cancelOperations(context.engine, bot, operation)
  const unreachable: Operation[] = []
  for (const one of stopping) {
    if (!(await context.enqueue(one.id))) unreachable.push(one)
  }
  const said = [
    ...cancelled.map(({ id }) => line(`#${id} of ${bot} is cancelled; it had not begun.`)),
    ...stopping.map(({ id }) => line(`#${id} of ${bot} is being stopped.`)),
    ...late.map(({ id }) => line(`#${id} of ${bot} can’t be cancelled any more: it is about to end by itself.`)),
    ...unreachable.map(({ id }) => line(`Queueing is down: Redis can’t be reached. #${id} stops at its next step.`)),
  ]
  const one = `#${operation} of ${bot} is neither queued nor running.`
  const nothing = operation === undefined ? `Nothing is queued or running for ${bot}.` : one
  return {
    text: said.length > 0 ? said : [line(nothing)],
    data: { cancelled: ids(cancelled), stopping: ids(stopping), late: ids(late) },
  }
}

const ids = (operations: readonly Operation[]): number[] => operations.map(({ id }) => id)
