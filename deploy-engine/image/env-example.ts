import { isEnvExample, type SourceTree } from './source-tree.ts'

export type EnvLine = {
  name: string
  value: string
  place: string
  /** What the file says about it, above it or behind it. */
  comment?: string
}

/** What the repository's env example files list, the file with the usual name first. */
export const exampleVariables = (tree: SourceTree): EnvLine[] =>
  examplesOf(tree).flatMap((file) => readEnvFile(file, tree.text.get(file) ?? ''))

export type EnvDefaults = { env: Record<string, string>; evidence: string[] }

/**
 * The lines of the one example file that is for this bot: at the top of its own directory, else of the repository.
 * Files further down are for other programs.
 */
export const exampleLines = (app: SourceTree, tree: SourceTree): EnvLine[] =>
  [app, tree]
    .flatMap((one) => {
      const file = examplesOf(one).find((path) => !path.includes('/'))
      return file === undefined ? [] : [readEnvFile(file, one.text.get(file) ?? '')]
    })
    .at(0) ?? []

/**
 * Values for a bot's variables: those of its example file, without placeholders, secrets and people's ids. `given` are
 * the variables that come from elsewhere.
 */
export const envDefaults = (example: readonly EnvLine[], given: readonly string[]): EnvDefaults => {
  const file = example[0]?.place.replace(/:\d+$/, '')
  const lines = example.filter(({ name }) => !given.includes(name))
  const used = lines.filter((line) => isUsableDefault(line))
  const production = lines.find((line) => isProduction(line))
  const missing = lines.filter((line) => !isUsableDefault(line) && line !== production)
  return {
    env: Object.fromEntries(used.map(({ name, value }) => [name, value])),
    evidence: [
      ...(used.length === 0 ? [] : [`defaults from ${file}: ${listed(used.map(shown))}`]),
      ...(missing.length === 0
        ? []
        : [`not set, ${file} has no usable value: ${listed(missing.map(({ name }) => name))}`]),
      ...(production ? [`NODE_ENV is left alone: production (${production.place}) breaks many bots`] : []),
    ],
  }
}

const examplesOf = (tree: SourceTree): string[] =>
  tree.files.filter(isEnvExample).sort((a, b) => rankOf(a) - rankOf(b) || a.length - b.length || (a < b ? -1 : 1))

const rankOf = (path: string): number => (/(^|\/)\.env\.example$/.test(path) ? 0 : /(^|\/)\.env$/.test(path) ? 2 : 1)

/** Lines as dotenv reads them; values over several lines are left out. */
const readEnvFile = (file: string, text: string): EnvLine[] => {
  const lines = text.split(/\r?\n/)
  return lines.flatMap((line, index) => {
    const [, name, raw] = VARIABLE.exec(line) ?? []
    if (name === undefined || raw === undefined) return []
    const comment = commentOn(lines, index, raw)
    return [{ name, value: plainValue(raw.trim()), place: `${file}:${index + 1}`, ...(comment && { comment }) }]
  })
}

const VARIABLE = /^\s*(?:export\s+)?([A-Za-z_]\w{0,99})\s*=(.*)$/
const COMMENT_CHARACTERS = 200

/** The lines right above, without rulers and variables that are commented out; else what follows the value. */
const commentOn = (lines: readonly string[], index: number, raw: string): string => {
  let first = index
  while (/^\s*#/.test(lines[first - 1] ?? '')) first -= 1
  const above = lines
    .slice(first, index)
    .map((line) => line.replace(/^[\s#=*-]+|[\s#=*-]+$/g, ''))
    .filter((line) => /\p{L}/u.test(line) && !VARIABLE.test(line))
  const behind = /(?:^|\s)#\s*(.*)$/.exec(raw.replace(/^\s*(["'`]).*?\1/, ''))?.[1]
  return (above.length > 0 ? above.join(' ') : (behind ?? '')).trim().slice(0, COMMENT_CHARACTERS)
}

const plainValue = (raw: string): string => {
  const quote = /^["'`]/.exec(raw)?.[0]
  if (quote === undefined) return raw.replace(/(^|\s)#.*$/, '').trim()
  const end = raw.indexOf(quote, 1)
  return end === -1 ? '' : raw.slice(1, end)
}

/** NODE_ENV is wanted where a repository asks for development; production would leave out devDependencies. */
export const isUsableDefault = ({ name, value }: Pick<EnvLine, 'name' | 'value'>): boolean => {
  if (name === 'NODE_ENV') return value === 'development'
  return !isPlaceholder(name, value) && !isSecret(name, value) && !isPersonsId(name, value)
}

const isProduction = ({ name, value }: EnvLine): boolean => name === 'NODE_ENV' && value === 'production'

/** Also a value that only says again what the name says, such as `DB_USERNAME=username`. */
const isPlaceholder = (name: string, value: string): boolean =>
  PLACEHOLDERS.some((pattern) => pattern.test(value)) || name.toLowerCase().split('_').includes(value.toLowerCase())

const PLACEHOLDERS = [
  /^(\.+|-+|_+|\*+|\?+|xx|todo|tbd|none|null|undefined|abc|foo|bar|url|host|user(name)?|id|string|number|value)?$/i,
  /^<.*>$|^\{+[\w\s-]*\}+$|^\[[\w\s-]*[a-z][\w\s-]*\]$|\$\{/i,
  /^[A-Z]+(_[A-Z]+){2,}$|^\w+(\|\w+)+$/,
  /x{3,}|\.{3}|…|\*{3}|your|change[_-]?me|replace[_-]?me|insert|put[_-]|placeholder|(^|[\s_-])here\b/i,
  /example\.(com|org|net)|\bmy[_-]?(token|bot|key|domain|secret)/i,
  /\p{Cc}/u,
  /^\d+:[A-Za-z_-]|^-?(100)?0?12345\d*$|^(\d)\2{4,}$/,
]

const isSecret = (name: string, value: string): boolean =>
  /TOKEN(?!S)|SECRET|PASSW|PASS$|PWD$|KEY$|PRIVATE|CREDENTIAL/i.test(name) ||
  /:\/\/[^/\s:@]*:[^/\s@]+@|^(sk|pk|rk|ghp|gho|xox[abp])[-_]|^(AKIA|AIza|ya29|eyJ)/.test(value) ||
  /^(?=.*\d)(?=.*[A-Za-z])[\w+=-]{24,}$/.test(value)

/** As a default these would give a stranger the rights or the messages of the author. */
const isPersonsId = (name: string, value: string): boolean =>
  /(^|_)(IDS?|ADMINS?|OWNERS?|CHATS?|USERS?|GROUPS?|CHANNELS?|DEVS?)(_|$)/i.test(name) && /\d{5,}/.test(value)

const shown = ({ name, value }: EnvLine): string => (value.length > 24 ? name : `${name}=${value}`)

const listed = (names: string[]): string =>
  names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ')
