import { type CST, LineCounter, Parser, parseDocument } from 'yaml'

/** `lineOf` tells the line of a key; 1 for a key that is not there. */
export type Yaml = { content: unknown; lineOf: (path: string[]) => number }

/**
 * Parses YAML that a stranger wrote. Every scalar stays text (the failsafe schema), so that 1.10 or 00123 arrives as
 * it was written. Throws an Error that says what is wrong, without repeating the text.
 */
export const readYaml = (source: string): Yaml => {
  if (source.length > MAX_CHARACTERS) throw new Error(`it is longer than ${MAX_CHARACTERS} characters`)
  if (isDeeperThan(MAX_DEPTH, source)) throw new Error(`it is nested deeper than ${MAX_DEPTH} levels`)
  const lines = new LineCounter()
  const options = { schema: 'failsafe', lineCounter: lines, prettyErrors: false, logLevel: 'error' } as const
  const document = parseDocument(source, options)
  const error = document.errors[0]
  if (error) throw new Error(`line ${lines.linePos(error.pos[0]).line}: ${error.message.slice(0, 200)}`)
  return {
    content: document.toJS({ maxAliasCount: MAX_ALIASES }),
    lineOf: (path) => Math.max(1, lines.linePos(offsetOf(document, path)).line),
  }
}

const MAX_CHARACTERS = 32 * 1024
const MAX_DEPTH = 40
const MAX_ALIASES = 20

/**
 * Looked at before composing the document: composing recurses, and a stack that is nearly full when V8 compiles a
 * regular expression ends the whole process instead of throwing.
 */
const isDeeperThan = (limit: number, source: string): boolean => {
  const waiting: { node: unknown; depth: number }[] = [...new Parser().parse(source)].map((node) => ({
    node,
    depth: 0,
  }))
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next.depth > limit) return true
    for (const child of childrenOf(next.node)) waiting.push({ node: child, depth: next.depth + 1 })
  }
  return false
}

const childrenOf = (node: unknown): unknown[] => {
  const { key, value, items = [] } = node as Partial<CST.CollectionItem> & { items?: CST.CollectionItem[] }
  return [key, value, ...items].filter((child) => typeof child === 'object' && child !== null)
}

const offsetOf = (document: ReturnType<typeof parseDocument>, path: string[]): number => {
  const node = document.getIn(path, true)
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  return Array.isArray(range) ? Number(range[0]) : 0
}
