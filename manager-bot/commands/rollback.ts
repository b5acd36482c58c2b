import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { operate } from '../operate.ts'
import { rollbackQuestion } from '../rollback-question.ts'

export const rollback = defineCommand({
  name: 'rollback',
  usage: '<bot> [release]',
  summary: 'Go back to an earlier release',
  details:
    'Without a release: the newest earlier one that was seen working. Nothing is built, so it takes seconds. Going ' +
    'forward again works the same way.',
  example: 'echo-bot v2',
  role: 'admin',
  args: ({ BotName, ReleaseNumber }) => z.strictObject({ bot: BotName, release: ReleaseNumber.optional() }),
  confirm: async ({ bot, release }, { engine, verbs }) =>
    rollbackQuestion(bot, await verbs.rollbackPreview(engine, bot, release)),
  run: ({ bot, release }, context) =>
    operate(context, { kind: 'rollback', bot, args: release === undefined ? {} : { release } }),
})
