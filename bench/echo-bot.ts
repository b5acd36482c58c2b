import { Telegraf } from 'telegraf'

// The least that a bot can do: it replies as soon as it hears.

const { TOKEN = '', API_ROOT = '' } = process.env
const bot = new Telegraf(TOKEN, { telegram: { apiRoot: API_ROOT } })
bot.command('ping', (context) => context.reply('pong'))
await bot.launch()
