/**
 * Whether a path of the build context is sent, by the patterns of a .dockerignore: the last one that fits a path or one
 * of its directories decides. Source: https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export const sentPaths = (ignoreFile: string): ((path: string) => boolean) => {
  const patterns = ignoreFile
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .flatMap(patternOf)
  return (path) => {
    const paths = withParents(path)
    const last = patterns.findLast(({ tokens }) => paths.some((one) => fits(tokens, one)))
    return last?.sent ?? true
  }
}

type Pattern = { tokens: Token[]; sent: boolean }

const patternOf = (line: string): Pattern[] => {
  if (line.startsWith('#') || line.trim() === '') return []
  const [, not = '', text = ''] = /^(!?)(.*)$/.exec(line.trim()) ?? []
  const cleaned = clean(text.trim())
  return cleaned === '' ? [] : [{ tokens: tokensOf(cleaned), sent: not === '!' }]
}

/** Without empty and dot parts; patterns are always seen from the top of the context. */
const clean = (pattern: string): string => {
  const parts: string[] = []
  for (const part of pattern.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** From the positions in a path that were reached, those that can be reached next. */
type Token = (path: string, reached: Set<number>) => Set<number>

const tokensOf = (pattern: string): Token[] =>
  [...pattern.matchAll(/\*\*\/|\*\*|\*|\[\^?[^\]]+\]|\\.|./gs)].map(([token]) => {
    if (token === '**/') return anyDirectories
    if (token === '**') return run(() => true)
    if (token === '*') return run((character) => character !== '/')
    if (token === '?') return one((character) => character !== '/')
    if (token.length > 1 && token.startsWith('[')) return one(classOf(token))
    return one((character) => character === token.slice(-1))
  })

const one =
  (fits: (character: string) => boolean): Token =>
  (path, reached) =>
    new Set([...reached].filter((at) => at < path.length && fits(path.charAt(at))).map((at) => at + 1))

const run =
  (fits: (character: string) => boolean): Token =>
  (path, reached) => {
    const next = new Set(reached)
    for (let at = 0; at < path.length; at += 1) if (next.has(at) && fits(path.charAt(at))) next.add(at + 1)
    return next
  }

const anyDirectories: Token = (path, reached) => {
  const start = Math.min(...reached)
  const next = new Set(reached)
  for (let at = start; at < path.length; at += 1) if (path.charAt(at) === '/') next.add(at + 1)
  return next
}

/** `[abc]`, `[a-z]`, `[^a-z]`. */
const classOf = (token: string): ((character: string) => boolean) => {
  const not = token.startsWith('[^')
  const ranges = token.slice(not ? 2 : 1, -1).match(/.-.|./gs) ?? []
  return (character) => not !== ranges.some((range) => range.charAt(0) <= character && character <= range.slice(-1))
}

const fits = (tokens: Token[], path: string): boolean => {
  let reached = new Set([0])
  for (const token of tokens) {
    if (reached.size === 0) return false
    reached = token(path, reached)
  }
  return reached.has(path.length)
}

/** `a/b/c` as `a`, `a/b` and `a/b/c`. */
const withParents = (path: string): string[] => {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}
