import { Markup, Telegraf } from 'telegraf'
import { expect, onTestFinished, test } from 'vitest'
import type { Sandbox, SandboxBot } from '../../telegram-sandbox/index.ts'
import { openWorld } from './world.ts'

test('a telegraf bot polls, answers, edits by a button and uploads a document', async () => {
  const { sandbox, olga, bot } = await openWorld()
  const telegraf = launch(sandbox, bot)
  const conversation = () => sandbox.conversation('echo_bot', olga.id)
  sandbox.say(olga.id, 'echo_bot', '/start')
  const question = await sandbox.waitFor(() => conversation().find(({ text }) => text === 'Ready?'))
  expect(await sandbox.press(olga.id, 'echo_bot', question.message_id, 'Go')).toMatchObject({ text: 'Going' })
  const log = await sandbox.waitFor(() => conversation().find(({ document }) => document))
  expect(log).toMatchObject({ text: 'The log', document: { file_name: 'run.log' }, reply_to: 1 })
  expect(log.document?.content.toString()).toBe('line 1\n')
  expect(conversation().find(({ message_id }) => message_id === question.message_id)?.text).toBe('Gone')
  await sandbox.waitFor(() => sandbox.pending(bot.id) === 0, { what: 'the confirmation of everything' })
  telegraf.stop()
  expect(sandbox.conflicts(bot.id)).toBe(0)
})

const launch = (sandbox: Sandbox, { token }: SandboxBot) => {
  const telegraf = new Telegraf(token, { telegram: { apiRoot: sandbox.apiRoot } })
  telegraf.start((ctx) =>
    ctx.reply('<b>Ready?</b>', { parse_mode: 'HTML', ...Markup.inlineKeyboard([Markup.button.callback('Go', 'go')]) }),
  )
  telegraf.action('go', async (ctx) => {
    await ctx.answerCbQuery('Going')
    await ctx.editMessageText('Gone')
    const more = { caption: 'The log', reply_parameters: JSON.stringify({ message_id: 1 }) as never }
    await ctx.replyWithDocument({ source: Buffer.from('line 1\n'), filename: 'run.log' }, more)
  })
  const stopped = telegraf.launch()
  onTestFinished(async () => {
    await stopped
  })
  return telegraf
}
