import { describe, expect, test } from 'vitest'
import { webhookUse } from '../../../deploy-engine/image/webhook-use.ts'
import { treeOf } from './trees.ts'

const use = (source: string, file = 'bot.js') => webhookUse(treeOf({ [file]: source }), [])

describe('bots that can be called', () => {
  test.each([
    ['bot.js', 'bot.telegram.setWebhook(process.env.WEBHOOK_URL)', true],
    ['bot.js', 'bot.launch({ webhook: { domain } })', true],
    ['bot.ts', "app.use(webhookCallback(bot, 'express'))", true],
    ['bot.js', 'if (prod) bot.launch({ webhook: { domain } })\nelse bot.launch()', false],
    ['bot.ts', 'if (x) bot.api.setWebhook(url)\nelse await bot.start()', false],
    ['bot.py', 'app.run_webhook(port=PORT)', true],
    ['bot.py', 'executor.start_webhook(dp)\nexecutor.start_polling(dp)', false],
    ['main.go', 'tgbotapi.NewWebhook(url)', true],
  ])('%s: %s', (file, source, only) => {
    expect(use(source, file)).toMatchObject({ only })
  })

  test('with the place, and the variables that are about it', () => {
    const source = '//\nbot.telegram.setWebhook(process.env.WEBHOOK_DOMAIN)\nlisten(process.env.PORT, env.DB_PORT)'
    const found = webhookUse(treeOf({ 'bot.js': source }), [{ name: 'SERVER_HOST' }, { name: 'ADMIN_ID' }])
    expect(found).toEqual({
      only: true,
      evidence: 'bot.js:2 setWebhook(',
      variables: ['SERVER_HOST', 'WEBHOOK_DOMAIN', 'PORT'],
    })
  })
})

test.each(['bot.launch()', 'bot.telegram.deleteWebhook()', 'getWebhookInfo()', 'const webhook = false'])(
  'no webhook: %s',
  (source) => {
    expect(use(source)).toBeUndefined()
  },
)

test('only a test that sets one is none', () => {
  expect(use('setWebhook(url)', 'test/bot.test.js')).toBeUndefined()
})
