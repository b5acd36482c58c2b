import { wordsOf } from './command-line.ts'

/** One instruction of a Dockerfile with its lines, both counted from 0 and `last` included. */
export type Instruction = {
  /** Upper case: FROM, RUN, … */
  name: string
  /** What follows the name, with continuation lines joined and comments among them left out. */
  rest: string
  first: number
  last: number
  /** The file ended where a continuation line was expected. */
  unfinished: boolean
  /** Here-documents follow it. */
  heredoc: boolean
}

export type Dockerfile = { instructions: Instruction[]; escapeWith: '\\' | '`' }

/**
 * Splits a Dockerfile as Docker's own parser does: parser directives, comments and empty lines (also between
 * continuation lines), and the bodies of heredocs.
 * Source: https://docs.docker.com/reference/dockerfile/ (parser directives, format, here-documents)
 */
export const readInstructions = (dockerfile: string): Dockerfile => {
  const lines = linesOf(dockerfile)
  const escapeWith = escapeOf(lines)
  const instructions: Instruction[] = []
  for (let index = 0; index < lines.length; index += 1) {
    if (isSkipped(lines[index] ?? '')) continue
    const instruction = readInstruction(lines, index, escapeWith)
    instructions.push(instruction)
    index = instruction.last
  }
  return { instructions, escapeWith }
}

/** Lines without their ends and without a byte order mark. */
export const linesOf = (text: string): string[] => text.replace(/^\uFEFF/, '').split(/\r?\n/)

/** Directives come before everything else; the first line that is none ends them. */
const escapeOf = (lines: string[]): '\\' | '`' => {
  for (const line of lines) {
    const [, name, value] = /^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(\S.*)$/.exec(line.trimEnd()) ?? []
    if (name === undefined) return '\\'
    if (name.toLowerCase() === 'escape') return value === '`' ? '`' : '\\'
  }
  return '\\'
}

const isSkipped = (line: string): boolean => /^\s*(#|$)/.test(line)

const readInstruction = (lines: string[], first: number, escapeWith: string): Instruction => {
  const continues = escapeWith === '`' ? /(^|[^`])`[ \t]*$/ : /(^|[^\\])\\[ \t]*$/
  let text = ''
  let last = first
  let unfinished = true
  for (; last < lines.length; last += 1) {
    const line = lines[last] ?? ''
    if (last > first && isSkipped(line)) continue
    text += line.replace(continues, '$1')
    unfinished = continues.test(line)
    if (!unfinished) break
  }
  const [, name = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*)$/.exec(text) ?? []
  const own = Math.min(last, lines.length - 1)
  const end = endOfHeredocs(lines, own, { name, rest })
  return { name: name.toUpperCase(), rest: rest.trim(), first, last: end, unfinished, heredoc: end > own }
}

/** The last line of the here-documents that an instruction opens, or its own last line. */
const endOfHeredocs = (lines: string[], last: number, { name, rest }: { name: string; rest: string }): number => {
  let end = last
  for (const { delimiter, stripTabs } of heredocsOf(name, rest)) {
    const closes = (line: string) => (stripTabs ? line.replace(/^\t+/, '') : line) === delimiter
    do end += 1
    while (end < lines.length && !closes(lines[end] ?? ''))
    // Unterminated: no heredoc for the classic builder, an error for BuildKit.
    if (end === lines.length) return last
  }
  return end
}

const heredocsOf = (name: string, rest: string): { delimiter: string; stripTabs: boolean }[] => {
  const command = /^onbuild$/i.test(name) ? rest : `${name} ${rest}`
  if (!/^(run|copy|add)\s+[^[]/i.test(command)) return []
  return shellWords(command).flatMap((word) => {
    const [, dash, quoted = ''] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? []
    const delimiter = quoted.replace(/["'\\]/g, '')
    return delimiter === '' ? [] : [{ delimiter, stripTabs: dash === '-' }]
  })
}

/** Words as a shell splits them, with their quotes left in. */
const shellWords = (command: string): string[] =>
  command.match(/(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^\s'"\\]|['"\\])+/g) ?? []

/** Words of the exec form or of the plain one. */
export const wordsIn = (rest: string): string[] => {
  if (!rest.startsWith('[')) return wordsOf(rest)
  try {
    const words: unknown = JSON.parse(rest)
    return Array.isArray(words) ? words.map(String) : []
  } catch {
    return wordsOf(rest) // Docker, too, takes what is not JSON for the shell form.
  }
}
