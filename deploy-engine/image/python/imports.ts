import { isSource, isTest, type SourceTree } from '../source-tree.ts'

export type ImportedPackage = { module: string; written: string; place: string }

/** Packages of the modules that a program imports, for a repository that lists none. Unknown modules are left out. */
export const importedPackages = (tree: SourceTree): ImportedPackage[] => {
  const sources = pythonSources(tree)
  return [...PACKAGES].flatMap(([module, name]) => {
    const isOwn = tree.files.some((path) => path === `${module}.py` || path.startsWith(`${module}/`))
    const pattern = new RegExp(`^[ \\t]*(?:import|from)[ \\t]+(?:[\\w., \\t]+,[ \\t]*)?${module}(?=[ \\t.,\\r]|$)`, 'm')
    const found = isOwn ? undefined : sources.find(([, text]) => pattern.test(text))
    if (!found) return []
    const [path, text] = found
    const line = text.slice(0, pattern.exec(text)?.index).split('\n').length
    return [{ module, written: `${name}${rangeFor(module, sources)}`, place: `${path}:${line}` }]
  })
}

export const pythonSources = (tree: SourceTree): [path: string, text: string][] =>
  [...tree.text].filter(([path]) => path.endsWith('.py') && isSource(path) && !isTest(path) && path !== 'setup.py')

/** Which of two generations of a library that share their name; the older one is known by what only it has. */
const rangeFor = (module: string, sources: [string, string][]): string => {
  const old = OLD_GENERATION.find((each) => each.module === module)
  return old && sources.some(([, text]) => old.sign.test(text)) ? old.range : ''
}

const OLD_GENERATION = [
  { module: 'telegram', sign: /use_context|\bFilters\b|\bUpdater\(/, range: '<20' },
  { module: 'aiogram', sign: /\bexecutor\b|aiogram\.utils\.executor|Dispatcher\(\s*bot\b/, range: '<3' },
]

/** By the name that a program imports. */
const PACKAGES = new Map([
  ['aiogram', 'aiogram'],
  ['telebot', 'pyTelegramBotAPI'],
  ['telegram', 'python-telegram-bot'],
  ['pyrogram', 'pyrogram'],
  ['telethon', 'telethon'],
  ['telepot', 'telepot'],
  ['aiohttp', 'aiohttp'],
  ['requests', 'requests'],
  ['httpx', 'httpx'],
  ['dotenv', 'python-dotenv'],
  ['environs', 'environs'],
  ['decouple', 'python-decouple'],
  ['yaml', 'PyYAML'],
  ['bs4', 'beautifulsoup4'],
  ['lxml', 'lxml'],
  ['PIL', 'Pillow'],
  ['numpy', 'numpy'],
  ['pandas', 'pandas'],
  ['matplotlib', 'matplotlib'],
  ['aiosqlite', 'aiosqlite'],
  ['sqlalchemy', 'SQLAlchemy'],
  ['peewee', 'peewee'],
  ['pymongo', 'pymongo'],
  ['motor', 'motor'],
  ['redis', 'redis'],
  ['psycopg2', 'psycopg2-binary'],
  ['asyncpg', 'asyncpg'],
  ['pymysql', 'PyMySQL'],
  ['apscheduler', 'APScheduler'],
  ['schedule', 'schedule'],
  ['pytz', 'pytz'],
  ['dateutil', 'python-dateutil'],
  ['loguru', 'loguru'],
  ['pydantic', 'pydantic'],
  ['pydantic_settings', 'pydantic-settings'],
  ['fastapi', 'fastapi'],
  ['uvicorn', 'uvicorn'],
  ['flask', 'Flask'],
  ['openai', 'openai'],
  ['feedparser', 'feedparser'],
  ['yt_dlp', 'yt-dlp'],
  ['qrcode', 'qrcode'],
  ['gtts', 'gTTS'],
  ['googletrans', 'googletrans'],
  ['emoji', 'emoji'],
  ['tqdm', 'tqdm'],
  ['tinydb', 'tinydb'],
  ['cachetools', 'cachetools'],
  ['gspread', 'gspread'],
  ['wikipedia', 'wikipedia'],
  ['pyowm', 'pyowm'],
])
