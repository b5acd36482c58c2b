import { isSource, isTest, type SourceTree } from './source-tree.ts'

/** A variable whose value a program hands to its library for Telegram bots, whatever its name is. */
export type HandedToken = { name: string; place: string; text: string }

/**
 * What stands in `new Telegraf(…)`, `Bot(token=…)`, `ApplicationBuilder().token(…)` and the like: the environment read
 * right there, or the variable of the program that was filled from it, in the same file or another one.
 */
export const handedTokens = (tree: SourceTree): HandedToken[] => {
  const sources = [...tree.text].filter(([path]) => isSource(path) && !isTest(path))
  return sources.flatMap(([path, text]) =>
    argumentsIn(path, text).flatMap((given) => {
      const direct = readsIn(given.text)
      if (direct.length > 0) return direct.map((read) => ({ ...read, place: placeAt(path, text, given.index) }))
      const own: [string, string][] = [[path, text]]
      const name = lastWord(given.text)
      return name === undefined ? [] : (filledIn(own, name) ?? filledIn(sources, name) ?? [])
    }),
  )
}

const CLASSES = 'Telegraf|TelegramBot|TeleBot|Telegram|Bot|Slimbot'
const JAVASCRIPT = new RegExp(
  `\\bnew\\s+(?:${CLASSES})(?:<[^<>()]{0,80}>)?\\s*\\(|TelegrafModule\\.forRoot\\w*\\s*\\(`,
  'g',
)
const PYTHON = /\b(?:Bot|(?:Async)?TeleBot|Updater)\s*\(|\.token\s*\(|\bbot_token\s*=(?=\s*[A-Za-z_])/g
const OTHERS = /\b(?:NewBotAPI|NewBot|bot\.New|Bot::new|Client\.run|new Nutgram)\s*\(|\bSettings\s*\{/g

const callsFor = (path: string): RegExp =>
  /\.[cm]?[jt]sx?$/.test(path) ? JAVASCRIPT : path.endsWith('.py') ? PYTHON : OTHERS

type Given = { text: string; index: number }

/** The first arguments of all calls that make a bot. */
const argumentsIn = (path: string, text: string): Given[] =>
  [...text.matchAll(callsFor(path))].slice(0, 50).map((call) => {
    const index = call.index + call[0].length
    return { text: upToEnd(text.slice(index, index + LONGEST)), index }
  })

const LONGEST = 400

/** To where the bracket is closed that was open at the beginning. */
const upToEnd = (text: string): string => {
  let depth = 1
  for (const { 0: bracket, index } of text.matchAll(/[()[\]{}]/g)) {
    depth += '([{'.includes(bracket) ? 1 : -1
    if (depth === 0) return text.slice(0, index)
  }
  return text.split('\n', 1)[0] ?? ''
}

/** `process.env.A`, `os.environ["A"]`, `os.Getenv("A")`, … and `config.get('A')`, where A is written as a constant. */
const readsIn = (text: string): { name: string; text: string }[] => {
  const environment = [...text.matchAll(ENVIRONMENT)].map(([found, name = '']) => ({ name, text: `${found}` }))
  const asked = [...text.matchAll(ASKED)].map(([found, name = '']) => ({ name, text: `${found})` }))
  const found = environment.length > 0 ? environment : asked
  return found.filter(({ name }) => !/^(NODE_ENV|ENV|ENVIRONMENT|get|fetch|str)$/.test(name))
}

const ENVIRONMENT = new RegExp(
  [
    '[\\w.:$]{0,40}env\\w{0,20}(?:(?:\\.|::)(?:get|str|string|fetch|var|required))?',
    '(?:\\?\\.|[.[(])\\s*["\'`]?([A-Za-z_]\\w{0,99})(?:["\'`]\\s*[\\])])?',
  ].join(''),
  'gi',
)
const ASKED = /[\w.]{1,40}(?:<\w{1,20}>)?\(\s*["'`]([A-Z][A-Z0-9_]{2,60})["'`]/g

/** `token` of `config.bot.token`, of `token=settings.token.get_secret_value()` and of `token, { polling: true }`. */
const lastWord = (given: string): string | undefined => {
  const named = /\btoken\s*[:=]\s*([\w.$]{1,100})/i.exec(given)?.[1]
  const first = named ?? /^\s*&?([\w.$]{1,100})/.exec(given)?.[1]
  return first
    ?.replace(/\.(get_secret_value|toString|trim|strip)$/, '')
    .split('.')
    .at(-1)
}

/** Where a variable or a key of that name is filled from the environment. */
const filledIn = (sources: readonly [string, string][], word: string): HandedToken[] | undefined => {
  if (!/^[A-Za-z_$]\w{1,60}$/.test(word)) return undefined
  const filled = new RegExp(
    `(?<![\\w$.'"-])["']?${word.replace('$', '\\$')}["']?\\s*(?::[^=\\n]{0,60})??[:=](?!=)([^\\n]{1,200})`,
    'g',
  )
  for (const [path, text] of sources) {
    for (const match of text.matchAll(filled)) {
      const [read] = readsIn(match[1] ?? '')
      if (read) return [{ ...read, place: placeAt(path, text, match.index) }]
    }
    const taken = takenApart(text, word)
    if (taken)
      return [{ name: taken.name, text: `${taken.name} of the environment`, place: placeAt(path, text, taken.index) }]
  }
  return undefined
}

/** `const { A } = …` and `const { A: word } = …` of the environment. */
const takenApart = (text: string, word: string): { name: string; index: number } | undefined => {
  for (const match of text.matchAll(/\{([^{}]{1,4000})\}\s*=\s*(?:process\.)?env\b/g)) {
    const part = [...(match[1] ?? '').matchAll(/(?:^|,)\s*(\w{1,100})(?:\s*:\s*(\w{1,100}))?/g)].find(
      ([, name, alias]) => (alias ?? name) === word,
    )
    if (part?.[1] !== undefined) return { name: part[1], index: match.index + 1 + part.index + part[0].length }
  }
  return undefined
}

const placeAt = (path: string, text: string, index: number): string =>
  `${path}:${text.slice(0, index).split('\n').length}`
