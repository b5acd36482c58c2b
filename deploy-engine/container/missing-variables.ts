import type { Secret } from '../secret.ts'

/** Variables that a program says it can't do without, and the line that says so first. */
export type MissingVariables = { names: string[]; line: string }

const LONGEST = 2000
const MOST = 20

/**
 * Reads a program's last lines for the usual ways to say that a variable is not set: of people, of Python, and of
 * envalid, zod, pydantic, dotenv-safe, convict, env-var, environs and decouple. undefined: none of them says so.
 * What is `set` to a value is not missing.
 */
export const missingVariables = (
  lines: readonly string[],
  set: Readonly<Record<string, Secret | string>> = {},
): MissingVariables | undefined => {
  const plain = lines.map((line) => line.replace(ANSI, '').slice(0, LONGEST))
  const found = plain
    .flatMap((line, index) => namesIn(plain, index).map((name) => ({ name, line: line.trim() })))
    .filter(({ name }) => !hasValue(set[name]))
  const names = [...new Set(found.map(({ name }) => name))].slice(0, MOST)
  return found[0] === undefined ? undefined : { names, line: found[0].line }
}

const hasValue = (value: Secret | string | undefined): boolean =>
  value !== undefined && (typeof value === 'string' ? value : value.reveal()) !== ''

// biome-ignore lint/suspicious/noControlCharactersInRegex: programs colour what they print
const ANSI = /\u001b\[[\d;]*m/g

const namesIn = (lines: readonly string[], index: number): string[] => {
  const line = lines[index] ?? ''
  if (OF_PROGRAMS.test(line)) return []
  const said = SENTENCES.flatMap((sentence) => [...line.matchAll(sentence)].map((match) => match[1] ?? ''))
  const found = [
    ...said,
    ...inSeveral(line),
    ...inList(lines, index),
    ...inZod(lines, index),
    ...inPydantic(lines, index),
  ]
  // What people write is matched in any case, so that words of theirs are among it.
  return found.filter((name) => /^[A-Z][A-Z0-9_]{2,99}$/.test(name) && !NO_NAMES.test(name))
}

/** Names of the program itself, of modules, tables and files are missing in the same words. */
const OF_PROGRAMS = new RegExp(
  [
    '\\b(?:Reference|Name|Syntax|Import|ModuleNotFound)Error\\b|no such|cannot find',
    '\\b(?:table|column|relation|module|file|command|script|package) \\W?\\w+\\W? (?:is |was |does )?(?:not|missing)',
  ].join('|'),
  'i',
)

const NAME = '["\'`“‘«<([]*([A-Za-z]\\w{2,99})["\'`”’»>)\\]]*'
/** Only as most variables are written: the words around it are too common. */
const LONG_NAME = '["\'`“‘«<([]*([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)["\'`”’»>)\\]]*'
const GIVEN = '(?:set|found|defined|provided|specified|configured|present|given|exist)'
const NOT_GIVEN = `(?:not|never) (?:be |been )?${GIVEN}|(?:is|was|has|does|do)(?:n['’]t) (?:been )?${GIVEN}`
const LACKING = `(?:${NOT_GIVEN}|undefined|missing|required|empty|unset|mandatory)`
const VARIABLE =
  '(?:env(?:ironment)?[ -]?)?(?:var(?:iable)?s?|key|setting|param(?:eter)?|config(?:uration)?(?: param(?:eter)?)?)?'

const SENTENCES = [
  // ADMIN_ID is not set; ADMIN_ID environment variable is required; ADMIN_ID in .env was never defined
  `${NAME}:? (?:in \\S{1,40} )?(?:${VARIABLE} )?(?:(?:is|was|are|has|does|do) )?(?:a |the )?${LACKING}\\b`,
  `${NAME}: (?:this )?(?:field )?(?:is )?(?:an? )?required\\b`,
  `${LONG_NAME} (?:${VARIABLE} )?(?:must|should|has to|needs to|cannot|can't|can’t) (?:not )?(?:be|exist)\\b`,
  // Missing required environment variable: ADMIN_ID; No TOKEN provided; please set the variable ADMIN_ID
  `\\b(?:missing|undefined|unset|required) (?:required )?${VARIABLE}:? ?${NAME}`,
  `\\bno ${NAME} (?:${VARIABLE} )?(?:${GIVEN}|in)\\b`,
  `\\b(?:no|without|provide|specify|define|set|lacks|need) (?:an? |the |your )?${VARIABLE} ?${LONG_NAME}`,
  `\\b${LACKING}(?: ${VARIABLE})?: ?${NAME}`,
  // zod's flattened errors
  `${NAME}: \\[? ?["'\`](?:Required|[^"'\`]*received undefined)`,
  // Python, Ruby, env-var
  `\\bKeyError: ${NAME}$`,
  `\\bkey not found: ${NAME}`,
  `\\benv-var: ${NAME} is a required`,
].map((sentence) => new RegExp(sentence, 'gi'))

const NAMES = '["\'`]?[A-Z][A-Z0-9_]{2,99}["\'`]?(?:(?:,? and |, ?)["\'`]?[A-Z][A-Z0-9_]{2,99}["\'`]?)*'

/** `Missing environment variables: A, B and C`. */
const inSeveral = (line: string): string[] => constantsIn(SEVERAL.exec(line)?.[1])

const SEVERAL = new RegExp(
  `\\b(?:missing|required|undefined|unset|not (?:set|found|defined))\\b[^:]{0,60}: ?[[({]? ?(${NAMES})`,
  'i',
)

/** Of envalid's table, dotenv-safe's list and the like: names that stand right under a heading. */
const inList = (lines: readonly string[], index: number): string[] => {
  const start = lines.findLastIndex((line, place) => place < index && HEADING.test(line))
  const block = lines.slice(start + 1, index + 1)
  return start === -1 || !block.every((line) => LISTED.test(line))
    ? []
    : constantsIn(LISTED.exec(lines[index] ?? '')?.[1])
}

const ABSENT = 'missing|not (?:set|defined|found|present)'
const HEADING = new RegExp(
  [
    `(?:${ABSENT}|required|undefined|unset)[^.]{0,60}(?:variables?|keys?|env\\w*)\\b[^.]{0,20}:?\\s*$`,
    `(?:variables?|keys?) (?:\\S+ ){0,8}(?:${ABSENT})[^.]{0,30}:\\s*$`,
  ].join('|'),
  'i',
)
const LISTED = new RegExp(`^\\s*[-*•·>✖❌]?\\s*(${NAMES})\\s*(?:[:(].*)?$`)

const constantsIn = (list: string | undefined): string[] => list?.match(/[A-Z][A-Z0-9_]{2,99}/g) ?? []

/** pydantic: the field on a line of its own, what is wrong with it on the next. Variables are upper case by custom. */
const inPydantic = (lines: readonly string[], index: number): string[] => {
  const field = /^([a-z_][\w.]{1,99})$/i.exec((lines[index] ?? '').trim())?.[1]
  const says = /^\s+field required\b/i.test(lines[index + 1] ?? '')
  return field === undefined || !says ? [] : [(field.split('.').at(-1) ?? '').toUpperCase()]
}

const NEAR = 6

/** zod: an issue's path, when something near it says that there was no value; or what its prettifyError makes of it. */
const inZod = (lines: readonly string[], index: number): string[] => {
  const line = lines[index] ?? ''
  const pretty = /(?:→|->)\s*at (\w{3,100})\s*$/.exec(line)?.[1]
  if (pretty !== undefined) return /received undefined|required/i.test(lines[index - 1] ?? '') ? [pretty] : []
  const opening = /"?path"?: \[/
  if (!opening.test(line) && !opening.test(lines[index - 1] ?? '')) return []
  const near = lines.slice(Math.max(0, index - NEAR), index + NEAR).join('\n')
  const path = /(?:\[|^)\s*["'](\w{3,100})["']\s*\]?,?\s*$/.exec(line)?.[1]
  return path !== undefined && /received["']?:? ?["']?undefined|\bRequired\b/.test(near) ? [path] : []
}

/** Words in capitals that are no variables: levels of logs, protocols, errors of the system. */
const NO_NAMES = new RegExp(
  `^(${[
    'ERROR|ERR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE|CRITICAL|HTTPS?|UR[LI]|API|JSON|SQL|TLS|SSL|TCP|DNS|UTF',
    'GET|POST|PUT|NULL|NONE|NOT|AND|THE|ENV|THIS|YOU|PATH|HOME|PWD|ENO\\w+|ECONN\\w+|EADDR\\w+|EACCES|EPERM|EPIPE',
    'EEXIST|EISDIR|ETIMEDOUT|ERR_\\w+|MODULE_NOT_FOUND|SQLITE_\\w+',
  ].join('|')})$`,
)
