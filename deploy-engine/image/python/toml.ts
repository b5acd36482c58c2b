/** A value of a pyproject.toml, as far as detection reads them: texts, lists of texts, and inline tables of texts. */
export type TomlValue = string | string[] | { [key: string]: string }

/** Tables by their dotted name, such as `tool.poetry.dependencies`, each with the line of every key, counted from 1. */
export type Toml = Map<string, { value: TomlValue; line: number; key: string }[]>

/**
 * Reads the plain parts of a TOML file and skips the others: what is not understood is not there. Never throws.
 * Source: https://toml.io/en/v1.0.0
 */
export const readToml = (text: string): Toml => {
  const toml: Toml = new Map()
  const lines = text
    .slice(0, LONGEST)
    .split(/\r?\n/)
    .map((line) => line.slice(0, LONGEST_LINE))
  let table = ''
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    const header = /^\s*\[([^[\]]{1,200})\]\s*(#.*)?$/.exec(line)?.[1]
    if (header !== undefined) table = header.split('.').map(unquoted).join('.')
    else if (/^\s*\[\[/.test(line)) table = ''
    const [, key, first = ''] = header === undefined ? (KEY.exec(line) ?? []) : []
    if (key === undefined) continue
    const start = index
    const written = [first]
    // Strings end on their line, so each line tells by itself whether it closes the list.
    const isOpen = () => !isClosed(written.at(-1) ?? '') && index + 1 < lines.length && written.length < MOST_LINES
    while (first.trimStart().startsWith('[') && isOpen()) {
      index += 1
      written.push(lines[index] ?? '')
    }
    const value = readValue(written.join('\n'))
    if (value !== undefined)
      toml.set(table, [...(toml.get(table) ?? []), { value, line: start + 1, key: unquoted(key) }])
  }
  return toml
}

const LONGEST = 200_000
/** Looking for the end of a string takes the square of what is looked at. */
const LONGEST_LINE = 1000
const MOST_LINES = 300
const KEY = /^\s*([\w.-]{1,100}|"[^"]{1,100}"|'[^']{1,100}')\s*=\s*(.*)$/

const unquoted = (text: string): string => text.trim().replace(/^(["'])(.*)\1$/, '$2')

const STRING = /"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/g

const withoutComments = (text: string): string => text.replace(/("(?:[^"\\\n]|\\.)*"|'[^'\n]*')|#[^\n]*/g, '$1')

const isClosed = (text: string): boolean => withoutComments(text).replace(STRING, '').includes(']')

const readValue = (written: string): TomlValue | undefined => {
  const text = withoutComments(written).trim()
  if (text.startsWith('[')) return stringsIn(text)
  if (text.startsWith('{')) return tableOf(text)
  if (/^("""|''')/.test(text)) return undefined
  const [string] = stringsIn(text)
  return string ?? (/^[\w.+-]+$/.test(text) ? text : undefined)
}

const stringsIn = (text: string): string[] =>
  [...text.matchAll(STRING)].map(([, basic, literal]) => literal ?? (basic ?? '').replace(/\\(["\\])/g, '$1'))

/** A list in it becomes one text, its items separated by commas. */
const tableOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([\w-]{1,100})\s*=\s*("[^"]*"|'[^']*'|\[[^\]]*\]|[\w.]+)/g)].map(([, key = '', value = '']) => [
      key,
      value.startsWith('[') ? stringsIn(value).join(',') : unquoted(value),
    ]),
  )
