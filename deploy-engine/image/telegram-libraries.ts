import { isRequirements, nameOf, type SourceTree } from './source-tree.ts'

/** Whether a file that lists packages lists a library for Telegram bots. */
export const listsTelegram = (tree: SourceTree, path: string): boolean => {
  const text = tree.text.get(path) ?? ''
  if (nameOf(path) === 'package.json') return NODE.test(text)
  return (isRequirements(path) || PYTHON_FILES.test(path)) && PYTHON.test(text)
}

const NODE_PACKAGES = [
  'telegraf|nestjs-telegraf|@telegraf\\/[\\w-]+|grammy|@grammyjs\\/[\\w-]+|node-telegram-bot-api|telegram|gramio',
  'puregram|@puregram\\/[\\w-]+|telebot|slimbot|@mtcute\\/[\\w-]+|tgfancy|telegram-bot-api|micro-bot',
]
const NODE = new RegExp(`"(${NODE_PACKAGES.join('|')})"\\s*:`)

const PYTHON_FILES = /(^|\/)(pyproject\.toml|Pipfile|setup\.(py|cfg))$/
const PYTHON_PACKAGES = [
  'aiogram|python-telegram-bot|pytelegrambotapi|pyrogram|pyrofork|kurigram|telethon|telepot|telebot',
  'django-telegram\\w*',
]
const PYTHON = new RegExp(`\\b(${PYTHON_PACKAGES.join('|')})\\b`, 'i')

/** A directory, file or service that is called after what it is. */
export const isNamedLikeBot = (name: string): boolean => /(^|[^a-z])(tele|tg)|bot([^a-z]|$)/i.test(name)
