import type Docker from 'dockerode'
import tar from 'tar-stream'

export const LIBRARIES = ['telegraf', 'grammY', 'node-telegram-bot-api', 'python-telegram-bot'] as const
export type Library = (typeof LIBRARIES)[number]

export const MODES = ['idle', 'deaf', 'deaf, with a pool', 'deaf, with a health server', 'busy', 'webhook'] as const
export type Mode = (typeof MODES)[number]

export const HEALTH_PORT = 8080
export const POOL_PORT = 9000

/** What a bot's container runs; the image has both. */
export const commandOf = (library: Library): string[] =>
  library === 'python-telegram-bot' ? ['python3', '-u', 'bot.py'] : ['node', 'bot.mjs']

/** A server that answers each message, as a database does. */
export const POOL_COMMAND = [
  'node',
  '--eval',
  `require('net').createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(${POOL_PORT})`,
]

/** Builds the image with all four libraries and both programs; a build that was done is taken from Docker's cache. */
export const buildLivenessImage = async (docker: Docker, options: { tag: string; labels: Record<string, string> }) => {
  const pack = tar.pack()
  for (const [name, text] of Object.entries({ Dockerfile: DOCKERFILE, 'bot.mjs': NODE_BOT, 'bot.py': PYTHON_BOT })) {
    pack.entry({ name, mtime: new Date(0) }, text)
  }
  pack.finalize()
  const { tag, labels } = options
  const stream = await docker.buildImage(pack as unknown as NodeJS.ReadableStream, { t: tag, labels, forcerm: true })
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, output: { error?: string }[]) => {
      const failure = error?.message ?? output.at(-1)?.error
      if (failure) reject(new Error(failure))
      else resolve()
    })
  })
}

const DOCKERFILE = `
FROM node:24-bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3-python-telegram-bot
WORKDIR /bots
RUN npm install --no-audit --no-fund telegraf@4.16.3 grammy@1.46.0 node-telegram-bot-api@2.1.0
COPY bot.mjs bot.py ./
`

const HANDLER_SECONDS = 180

const NODE_BOT = `
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'

const { BOT_TOKEN: token, TELEGRAM_API_ROOT: root, LIBRARY, MODE, POOL } = process.env
const handle = async (ctx) => {
  if (MODE === 'busy') await new Promise((resolve) => setTimeout(resolve, ${HANDLER_SECONDS * 1000}))
  await ctx.reply('done')
}

const libraries = {
  telegraf: async () => {
    const { Telegraf } = await import('telegraf')
    const bot = new Telegraf(token, { telegram: { apiRoot: root }, handlerTimeout: Infinity })
    bot.on('message', handle)
    return {
      getMe: () => bot.telegram.getMe(),
      poll: () => bot.launch(),
      setWebhook: (url) => bot.telegram.setWebhook(url),
      listener: () => bot.webhookCallback('/hook'),
    }
  },
  grammY: async () => {
    const { Bot, webhookCallback } = await import('grammy')
    const bot = new Bot(token, { client: { apiRoot: root } })
    bot.on('message', handle)
    return {
      getMe: () => bot.api.getMe(),
      poll: () => bot.start(),
      setWebhook: (url) => bot.api.setWebhook(url),
      listener: () => webhookCallback(bot, 'http'),
    }
  },
  'node-telegram-bot-api': async () => {
    const { Bot, nodeFrameworkWebhook } = await import('node-telegram-bot-api')
    const bot = new Bot(token, { apiRoot: root })
    bot.on('message', handle)
    return {
      getMe: () => bot.api.getMe(),
      poll: () => bot.startPolling(),
      setWebhook: (url) => bot.api.setWebhook({ url }),
      listener: () => nodeFrameworkWebhook(bot, { allowUnauthenticated: true }),
    }
  },
}

const bot = await libraries[LIBRARY]()
if (MODE === 'idle' || MODE === 'busy') await bot.poll()
else await bot.getMe()
if (MODE === 'deaf') setInterval(() => {}, 60_000)
if (MODE === 'deaf, with a pool') {
  const socket = net.connect(${POOL_PORT}, POOL).on('data', () => {})
  setInterval(() => socket.write('x'.repeat(200)), 1_000)
}
if (MODE === 'deaf, with a health server') http.createServer((_, answer) => answer.end('ok')).listen(${HEALTH_PORT})
if (MODE === 'webhook') {
  http.createServer(bot.listener()).listen(${HEALTH_PORT})
  const addresses = Object.values(os.networkInterfaces()).flat()
  const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  await bot.setWebhook('http://' + own.address + ':${HEALTH_PORT}/hook')
}
`

const PYTHON_BOT = `
import http.server, os, socket, time
from telegram import Bot
from telegram.ext import Filters, MessageHandler, Updater

token, mode = os.environ['BOT_TOKEN'], os.environ['MODE']
base_url = os.environ['TELEGRAM_API_ROOT'] + '/bot'

def handle(update, context):
    if mode == 'busy':
        time.sleep(${HANDLER_SECONDS})
    update.message.reply_text('done')

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'ok')

    def log_message(self, *args):
        pass

if mode in ('idle', 'busy', 'webhook'):
    updater = Updater(token, base_url=base_url)
    updater.dispatcher.add_handler(MessageHandler(Filters.all, handle))
    if mode == 'webhook':
        own = socket.gethostbyname(socket.gethostname())
        url = 'http://%s:${HEALTH_PORT}/hook' % own
        updater.start_webhook(listen='0.0.0.0', port=${HEALTH_PORT}, url_path='hook', webhook_url=url)
    else:
        updater.start_polling()
    updater.idle()
else:
    bot = Bot(token, base_url=base_url)
    bot.get_me()
    if mode == 'deaf':
        time.sleep(3600)
    if mode == 'deaf, with a health server':
        http.server.ThreadingHTTPServer(('0.0.0.0', ${HEALTH_PORT}), Health).serve_forever()
    pool = socket.create_connection((os.environ['POOL'], ${POOL_PORT}))
    while True:
        pool.sendall(b'x' * 200)
        pool.recv(200)
        time.sleep(1)
`
