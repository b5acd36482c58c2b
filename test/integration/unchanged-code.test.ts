import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addBot, type Operation, requestOperation, Secret } from '../../deploy-engine/index.ts'
import { ensureNetwork } from '../../deploy-engine/operations/ensure-network.ts'
import type { Person } from '../../telegram-sandbox/index.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import { gitRepo } from '../helpers/git-repo.ts'
import { TELEGRAM, type TlsFront, telegramTls, tlsFront, trustSandbox } from '../helpers/tls-front.ts'

// Repositories as people write them, with no file of ours: they know one Telegram only, https://api.telegram.org.

const REPOS: Record<string, Record<string, string>> = {
  telegraf: {
    'package.json': JSON.stringify({
      name: 'echo',
      main: 'index.js',
      scripts: { start: 'node index.js' },
      dependencies: { telegraf: '4.16.3' },
    }),
    'index.js': `const { Telegraf } = require('telegraf')
const { message } = require('telegraf/filters')

const bot = new Telegraf(process.env.BOT_TOKEN)
bot.on(message('text'), (ctx) => ctx.reply('telegraf heard ' + ctx.message.text))
bot.launch()
process.once('SIGINT', () => bot.stop('SIGINT'))
process.once('SIGTERM', () => bot.stop('SIGTERM'))
`,
  },
  grammy: {
    'package.json': JSON.stringify({
      name: 'echo',
      type: 'module',
      scripts: { start: 'node bot.js' },
      dependencies: { grammy: '1.46.0' },
    }),
    'bot.js': `import { Bot } from 'grammy'

const token = process.env.TELEGRAM_BOT_TOKEN
if (!token) throw new Error('TELEGRAM_BOT_TOKEN is missing')
const bot = new Bot(token)
bot.on('message:text', (ctx) => ctx.reply('grammy heard ' + ctx.msg.text))
process.once('SIGTERM', () => bot.stop())
bot.start()
`,
  },
  python: {
    Dockerfile: `FROM python:3.13-slim-bookworm
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["python", "bot.py"]
`,
    'requirements.txt': 'python-telegram-bot==13.15\n',
    'bot.py': `import os

from telegram.ext import Filters, MessageHandler, Updater


def echo(update, context):
    update.message.reply_text('python heard ' + update.message.text)


updater = Updater(os.environ['TOKEN'])
updater.dispatcher.add_handler(MessageHandler(Filters.text, echo))
updater.start_polling()
updater.idle()
`,
  },
}

const trusted = await trustSandbox(['node:24-bookworm-slim', 'python:3.13-slim-bookworm'])

// With real base images there is nothing to run: they trust nobody but Telegram itself.
describe.runIf(trusted)('unchanged code, by https://api.telegram.org', { concurrent: true }, () => {
  let bench: Workbench
  let front: TlsFront
  let person: Person

  beforeAll(async () => {
    bench = await workbench({ tls: await telegramTls(), botsApiRoot: TELEGRAM })
    front = await tlsFront(bench.sandbox.tlsPort ?? 0)
    person = bench.sandbox.addPerson({ name: 'Ann' })
  })

  afterAll(async () => {
    // A network goes only when nothing is in it.
    await front.close()
    await bench.close()
  })

  const registered = async (name: string): Promise<Operation> => {
    const { engine, sandbox, directory } = bench
    const repo = await gitRepo(join(directory, name))
    await repo.commit('main', REPOS[name] ?? {})
    const { token } = sandbox.addBot({ username: `${name}_echo_bot` })
    await addBot(engine, { name, repo: repo.url, token: new Secret(token) })
    await front.joins(await ensureNetwork({ engine, bot: { name }, signal: new AbortController().signal }))
    const request = { bot: name, kind: 'deploy' as const, args: {}, requestedBy: 'test' }
    return (await requestOperation(engine, request)).operation
  }

  const hello = (name: string) => bench.sandbox.say(person.id, `${name}_echo_bot`, 'hello')

  const answered = (name: string) => {
    const heard = `${name} heard hello`
    const answer = () => bench.sandbox.conversation(`${name}_echo_bot`, person.id).find(({ text }) => text === heard)
    return bench.sandbox.waitFor(answer, { timeout: 15_000, what: heard })
  }

  const LIVE = { state: 'succeeded', outcome: { proof: 'live', running: 1 } }

  test.each(['telegraf', 'grammy', 'python'])('%s becomes live and answers', async (name) => {
    const operation = await registered(name)
    hello(name)
    // One update may be taken between two looks, and the first poll of a connection looks answered by TLS.
    const writing = setInterval(() => hello(name), 2_000)
    expect(await bench.carryOut(operation).finally(() => clearInterval(writing))).toMatchObject(LIVE)
    await answered(name)
  })
})
