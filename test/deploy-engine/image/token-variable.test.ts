import { describe, expect, test } from 'vitest'
import { guessTokenVariable } from '../../../deploy-engine/image/token-variable.ts'
import { treeOf } from './trees.ts'

const guess = (files: Record<string, string>) => guessTokenVariable(treeOf(files))

describe('names that programs read', () => {
  test.each([
    ['new Telegraf(process.env.BOT_TOKEN)', 'BOT_TOKEN'],
    ["new Bot(process.env['TELEGRAM_TOKEN'])", 'TELEGRAM_TOKEN'],
    ['new Bot(process.env["TG_TOKEN"] ?? "")', 'TG_TOKEN'],
    ['const token = process.env.token', 'token'],
    ['const { Token } = process.env', 'Token'],
    ['const { PORT, TELEGRAM_BOT_TOKEN: token, X = 1 } = process.env', 'TELEGRAM_BOT_TOKEN'],
    ['const {\n  PORT,\n  BOT_API_KEY,\n} = process.env', 'BOT_API_KEY'],
    ["import { env } from 'node:process'\nrun(env.BOT_API_TOKEN)", 'BOT_API_TOKEN'],
    ["env.get('TELEGRAM_API_TOKEN').required().asString()", 'TELEGRAM_API_TOKEN'],
    ['cleanEnv(process.env, { TELEGRAM_API_KEY: str() })', 'TELEGRAM_API_KEY'],
    ['z.object({ BOT_TOKEN: z.string() }).parse(process.env)', 'BOT_TOKEN'],
    ["config.get('BOT_TOKEN')", 'BOT_TOKEN'],
    ['process.env.TELEGRAMTOKEN', 'TELEGRAMTOKEN'],
    ['process.env.botToken', 'botToken'],
    ['process.env.HACKERBOTTOKEN', 'HACKERBOTTOKEN'],
    ['process.env.MY_SUPERSECRET_TOKEN', 'MY_SUPERSECRET_TOKEN'],
    ['process.env.NG_TOKEN', 'NG_TOKEN'],
    ['process.env.PRTNR_TELEGRAM_BOT_TOKEN', 'PRTNR_TELEGRAM_BOT_TOKEN'],
    ['process.env.BOT_AUTHENTICATION_TOKEN', 'BOT_AUTHENTICATION_TOKEN'],
    ['process.env.TG_BOT_API_KEY', 'TG_BOT_API_KEY'],
  ])('%s', (source, name) => {
    expect(guess({ 'src/index.ts': source }).name).toBe(name)
  })

  test.each([
    ['bot.py', 'os.environ["BOT_TOKEN"]', 'BOT_TOKEN'],
    ['bot.py', 'os.environ.get("TG_TOKEN", "")', 'TG_TOKEN'],
    ['bot.py', 'TOKEN = os.getenv("TELEGRAM_TOKEN")', 'TELEGRAM_TOKEN'],
    ['bot.py', 'env.str("TELEGRAM_BOT_TOKEN")', 'TELEGRAM_BOT_TOKEN'],
    ['main.go', 'os.Getenv("TELEGRAM_TOKEN")', 'TELEGRAM_TOKEN'],
    ['src/main.rs', 'std::env::var("TELOXIDE_TOKEN")', 'TELOXIDE_TOKEN'],
    ['bot.rb', "ENV.fetch('TG_BOT_TOKEN')", 'TG_BOT_TOKEN'],
    ['bot.php', "$_ENV['TELEGRAM_TOKEN']", 'TELEGRAM_TOKEN'],
  ])('%s: %s', (path, source, name) => {
    expect(guess({ [path]: source }).name).toBe(name)
  })
})

describe('which of several', () => {
  test.each<[string, Record<string, string>, string]>([
    ['the commonest', { 'a.js': 'process.env.TOKEN; process.env.BOT_TOKEN' }, 'BOT_TOKEN'],
    ['the one that is read', { 'a.js': 'process.env.TG_TOKEN', 'README.md': 'set BOT_TOKEN' }, 'TG_TOKEN'],
    [
      'an own name that is read over a README',
      { 'a.js': 'process.env.MY_TOKEN', 'README.md': 'BOT_TOKEN' },
      'MY_TOKEN',
    ],
    ['the one in the env example', { 'a.js': 'load()', '.env.sample': 'TELEGRAM_TOKEN=' }, 'TELEGRAM_TOKEN'],
    ['the one in the compose file', { 'docker-compose.yml': 'environment:\n  - TG_TOKEN' }, 'TG_TOKEN'],
    ['not a README’s placeholder', { 'README.md': 'TELEGRAM_TOKEN=YOUR_BOT_TOKEN' }, 'TELEGRAM_TOKEN'],
    ['not another service’s', { 'a.js': 'process.env.DISCORD_BOT_TOKEN + process.env.NG_TOKEN' }, 'NG_TOKEN'],
    ['not numbers of tokens', { 'a.js': 'process.env.MAX_TRIAL_TOKENS + process.env.MAX_TOKENS' }, 'BOT_TOKEN'],
    ['not a webhook’s secret', { 'a.js': 'process.env.WEBHOOK_SECRET_TOKEN + process.env.TG_TOKEN' }, 'TG_TOKEN'],
    ['another service’s if it is alone', { 'a.js': 'process.env.ACCESS_TOKEN' }, 'ACCESS_TOKEN'],
    ['none of two others', { 'a.js': 'process.env.GITHUB_TOKEN + process.env.OPENAI_TOKEN' }, 'BOT_TOKEN'],
    ['the real one of a pair', { 'a.js': 'process.env.DEV_BOT_TOKEN + process.env.PROD_BOT_TOKEN' }, 'PROD_BOT_TOKEN'],
    [
      'not one that only tests read',
      { 'test/a.js': 'process.env.BOT_TOKEN', 'a.js': 'process.env.NG_TOKEN' },
      'NG_TOKEN',
    ],
    ['not dotenv’s own words', { 'a.js': "dotenv.config(); require('dotenv').tokenize(env.tokens)" }, 'BOT_TOKEN'],
  ])('%s', (_what, files, name) => {
    expect(guess(files).name).toBe(name)
  })
})

describe('what is handed to a library is the token, whatever its name', () => {
  test.each<[string, string, string]>([
    ['bot.js', 'new Telegraf(process.env.SECRET)', 'SECRET'],
    ['bot.ts', 'const bot = new Telegraf<Ctx>(process.env.MY_SUPERSECRET!, { x: 1 })', 'MY_SUPERSECRET'],
    ['bot.js', "const key = process.env['TG']\nnew TelegramBot(key, { polling: true })", 'TG'],
    ['bot.js', 'const { TG: key } = process.env\nnew Bot(key)', 'TG'],
    ['bot.js', 'const { TG } = process.env\nnew Bot(TG)', 'TG'],
    ['bot.ts', "new Bot(config.get<string>('TG_KEY'))", 'TG_KEY'],
    ['bot.ts', 'TelegrafModule.forRoot({ token: process.env.TG })', 'TG'],
    ['bot.py', 'KEY = os.environ["TG"]\nbot = Bot(token=KEY)', 'TG'],
    ['bot.py', 'KEY = os.getenv("TG")\nApplicationBuilder().token(KEY).build()', 'TG'],
    ['bot.py', 'KEY = config("TG_KEY")\ntelebot.TeleBot(KEY, parse_mode=None)', 'TG_KEY'],
    ['bot.py', 'client.start(bot_token=os.environ["TG"])', 'TG'],
    ['main.go', 'tgbotapi.NewBotAPI(os.Getenv("TG"))', 'TG'],
    ['main.go', 'tele.Settings{\n\tToken: os.Getenv("TG"),\n}', 'TG'],
  ])('%s: %s', (path, source, name) => {
    const others = { 'README.md': 'BOT_TOKEN', 'other.js': 'process.env.BOT_TOKEN' }
    expect(guess({ [path]: source, ...others }).name).toBe(name)
  })

  test('also through a file of settings', () => {
    const files = {
      'src/config.ts': 'export const config = {\n  level: process.env.LEVEL,\n  telegram: process.env.TG,\n}',
      'src/bot.ts': 'new Bot(config.telegram)',
    }
    expect(guess({ ...files, 'README.md': 'BOT_TOKEN' })).toMatchObject({
      name: 'TG',
      at: { place: 'src/config.ts:3', text: 'process.env.TG' },
      others: ['BOT_TOKEN'],
    })
  })

  test('of a pair by mode, the real one', () => {
    const source =
      "new Telegraf(process.env.NODE_ENV === 'production' ? process.env.PROD_TOKEN : process.env.DEV_TOKEN)"
    expect(guess({ 'a.js': source })).toMatchObject({ name: 'PROD_TOKEN', others: ['DEV_TOKEN'] })
  })

  test('another service’s only where nothing of Telegram is read', () => {
    expect(guess({ 'a.js': 'new Bot(process.env.DISCORD_TOKEN); process.env.BOT_TOKEN' }).name).toBe('BOT_TOKEN')
    expect(guess({ 'a.js': 'new Telegraf(process.env.ACCESS_TOKEN)', 'b.js': 'env.GITHUB_TOKEN' }).name).toBe(
      'ACCESS_TOKEN',
    )
  })

  test.each(['new Telegraf("123:abc")', 'new Bot(token)', 'new Bot(getToken())', 'new Bot(', 'class Bot { }'])(
    'nothing is made of %s',
    (source) => {
      expect(guess({ 'a.js': source }).evidence).toContain('no file names one')
    },
  )
})

describe('fields of pydantic settings', () => {
  test.each([
    ['class S(BaseSettings):\n    bot_token: SecretStr', 'BOT_TOKEN'],
    ['class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="TG_")\n    token: str', 'TG_TOKEN'],
  ])('%j', (source, name) => {
    expect(guess({ 'config.py': source, 'README.md': 'TELOXIDE_TOKEN' }).name).toBe(name)
  })

  test('not of any other class', () => {
    expect(guess({ 'a.py': 'class S:\n    api_token: str', 'README.md': 'TG_TOKEN' }).name).toBe('TG_TOKEN')
  })
})

test('the evidence has files and lines, and what was not taken', () => {
  const files = {
    'src/index.ts': '//\nnew Bot(process.env.TELEGRAM_TOKEN)\n',
    '.env.example': 'A=1\nTELEGRAM_TOKEN=\n',
    'README.md': '# Bot\nTELEGRAM_TOKEN\nDEV_BOT_TOKEN',
  }
  expect(guess(files).evidence).toBe(
    'token variable: TELEGRAM_TOKEN (src/index.ts:2, .env.example:2, README.md:2), not DEV_BOT_TOKEN (README.md:3)',
  )
  expect(guess({}).evidence).toBe('token variable: BOT_TOKEN, a guess: no file names one')
})

test('a destructured name has its own line', () => {
  expect(guess({ 'a.js': '\nconst {\n  A,\n  BOT_TOKEN,\n} = process.env' }).evidence).toContain('BOT_TOKEN (a.js:4)')
})
