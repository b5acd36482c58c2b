import { Telegraf } from 'telegraf'
import { message } from 'telegraf/filters'

const VERSION = '1.0.0'

const { BOT_TOKEN, TELEGRAM_API_ROOT } = process.env
if (!BOT_TOKEN) fail('BOT_TOKEN is not set. Ask @BotFather for a token and start again with it.')

const bot = new Telegraf(BOT_TOKEN, {
  telegram: { apiRoot: TELEGRAM_API_ROOT || 'https://api.telegram.org' },
})

bot.start((ctx) => ctx.reply(`Hello! I am echo-bot ${VERSION}. Send me a text and I send it back.`))

bot.on(message('text'), (ctx) => ctx.reply(`echo: ${ctx.message.text}`))

bot.catch((error, ctx) => console.error(`Update ${ctx.update.update_id} failed: ${error.message}`))

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)

try {
  await bot.launch(started)
} catch (error) {
  fail(`The bot cannot run: ${error.message}`)
}

function started() {
  console.log(`echo-bot ${VERSION} answers as @${bot.botInfo.username}`)
}

/**
 * Lets running answers end and confirms them, for a second at most: Telegram holds a confirmation back for up to three
 * if it repeats the last one, and then nothing is lost by not waiting for it.
 */
function stop(signal) {
  setTimeout(() => process.exit(0), 1000).unref()
  try {
    bot.stop(signal)
  } catch {
    process.exit(0) // It has not begun to poll.
  }
}

function fail(reason) {
  console.error(reason)
  process.exit(1)
}
