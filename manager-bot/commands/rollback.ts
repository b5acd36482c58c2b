import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { anywayArgs, overLock } from '../lock-question.ts'
import { operate } from '../operate.ts'
import { rollbackQuestion } from '../rollback-question.ts'

export const rollback = defineCommand({
  name: 'rollback',
  usage: '<bot> [release] [--anyway]',
  summary: 'Go back to an earlier release',
  details:
    'Without a release: the newest earlier one that was seen working. Nothing is built, so it takes seconds. Going ' +
    'forward again works the same way.',
  example: 'echo-bot v2',
  role: 'admin',
  args: ({ BotName, ReleaseNumber }) =>
    z.strictObject({ bot: BotName, release: ReleaseNumber.optional(), anyway: z.string().optional() }),
  confirm: async ({ bot, release }, context) => {
    const question = rollbackQuestion(bot, await context.verbs.rollbackPreview(context.engine, bot, release))
    return overLock(context, bot, { question, doing: 'Roll back' })
  },
  run: async ({ bot, release, anyway }, context) => {
    const args = { ...(release !== undefined && { release }), ...(await anywayArgs(context, bot, anyway)) }
    return operate(context, { kind: 'rollback', bot, args })
  },
})
