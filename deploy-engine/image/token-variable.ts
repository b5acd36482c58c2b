import { redact } from '../secret.ts'
import { exampleVariables } from './env-example.ts'
import { handedTokens } from './handed-token.ts'
import { isComposeOrReadme, isDockerfile, isSource, isTest, nameOf, type SourceTree } from './source-tree.ts'
import { isTokenName, likelihood } from './token-names.ts'

/** `at` is the strongest reason: where it stands, and what stands there. Without one the name is only the usual one. */
export type TokenVariable = {
  name: string
  evidence: string
  at?: { place: string; text: string }
  /** Names that it could be instead, the likeliest first. */
  others: string[]
}

/** Guesses in which variable a repository expects its bot token, from what its files say. */
export const guessTokenVariable = (tree: SourceTree): TokenVariable => {
  const [best, ...others] = candidatesIn(tree)
  if (best === undefined)
    return { name: 'BOT_TOKEN', evidence: 'token variable: BOT_TOKEN, a guess: no file names one', others: [] }
  const rejected = others.slice(0, 3).map(({ name, places }) => `${name} (${places[0]})`)
  const not = rejected.length === 0 ? '' : `, not ${rejected.join(', ')}`
  return {
    name: best.name,
    evidence: `token variable: ${best.name} (${best.places.slice(0, 3).join(', ')})${not}`,
    at: best.at,
    others: others.map(({ name }) => name),
  }
}

type Candidate = { name: string; places: string[]; at: { place: string; text: string }; rank: number }

/** The likeliest first. Tokens of other services count only where there is nothing else, and only one of them. */
const candidatesIn = (tree: SourceTree): Candidate[] => {
  const mentions = mentionsIn(tree).sort((a, b) => STRENGTH[a.kind] - STRENGTH[b.kind])
  const names = [...new Set(mentions.map(({ name }) => name))]
  const candidates = names.flatMap((name) => {
    const own = mentions.filter((mention) => mention.name === name)
    const [at] = own
    return at ? [{ name, places: [...new Set(own.map(({ place }) => place))], at, rank: rankOf(name, own) }] : []
  })
  const fitting = candidates.filter(({ rank }) => rank < FOREIGN)
  if (fitting.length === 0) return candidates.length === 1 ? candidates : []
  return fitting.sort((a, b) => a.rank - b.rank)
}

/** handed: to a library. read: from the environment. listed: in an env example. The others are words in a text. */
type Mention = { name: string; place: string; text: string; kind: 'handed' | 'read' | 'listed' | 'source' | 'document' }

const STRENGTH = { handed: 0, read: 1, listed: 2, source: 3, document: 4 }
const FOREIGN = 1000

/** What is read and sounds like a Telegram token, then what only sounds like it, then any other token that is read. */
const rankOf = (name: string, mentions: Mention[]): number => {
  const { service, index } = likelihood(name)
  const strength = Math.min(...mentions.map(({ kind }) => STRENGTH[kind]))
  if (service === 'other') return strength === 0 ? 250 : FOREIGN
  const order = service === 'telegram' ? [0, 1, 1, 2, 4] : [0, 3, 3, 5, 5]
  return (order[strength] ?? 5) * 100 + index
}

const mentionsIn = (tree: SourceTree): Mention[] => [
  ...handedTokens(tree).map((handed): Mention => ({ ...handed, kind: 'handed' })),
  ...exampleVariables(tree).flatMap(({ name, place }) => mention(name, { place, text: `${name}=` }, 'listed')),
  ...[...tree.text].flatMap(([path, text]) => {
    if (isSource(path) && !isTest(path)) return [...readsIn(path, text), ...wordsIn(path, text, 'source')]
    const isDocument = isDockerfile(path) || isComposeOrReadme(nameOf(path))
    return isDocument ? wordsIn(path, text, 'document') : []
  }),
]

/** `process.env.NAME`, `os.getenv("NAME")`, `env::var("NAME")`, …, `const { NAME } = process.env` and pydantic's. */
const readsIn = (path: string, text: string): Mention[] => [
  ...text
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(READ)].flatMap((match) =>
        mention(match[1] ?? '', { place: `${path}:${index + 1}`, text: readAt(line, match) }, 'read'),
      ),
    ),
  ...destructuredIn(path, text),
  ...(path.endsWith('.py') && text.includes('BaseSettings') ? settingsIn(path, text) : []),
]

const READ =
  /env\w{0,20}(?:(?:\.|::)(?:get|str|string|fetch|var|required))?(?:\?\.|[.[(])\s*["'`]?([A-Za-z_]\w{0,99})/gi
const DESTRUCTURED = /\{([^{}]{1,4000})\}\s*=\s*(?:process\.)?env\b/g

/** With what stands before it, and the bracket that closes it. */
const readAt = (line: string, { 0: found, index }: RegExpExecArray): string => {
  const before = /[\w.:$]{0,40}$/.exec(line.slice(0, index))?.[0] ?? ''
  const after = /^["'`]?[\])]?/.exec(line.slice(index + found.length))?.[0] ?? ''
  return before + found + after
}

const destructuredIn = (path: string, text: string): Mention[] =>
  [...text.matchAll(DESTRUCTURED)].flatMap((match) => {
    const line = text.slice(0, match.index).split('\n').length
    return (match[1] ?? '').split('\n').flatMap((part, index) =>
      [...part.matchAll(/(?:^|,)\s*(\w{1,100})/g)].flatMap(([, name = '']) => {
        const at = { place: `${path}:${line + index}`, text: `{ ${name} } = process.env` }
        return mention(name, at, 'read')
      }),
    )
  })

/** Fields of pydantic settings are read from variables of the same name, in upper case by custom. */
const settingsIn = (path: string, text: string): Mention[] => {
  const prefix = /env_prefix\s*=\s*["'](\w{0,40})["']/.exec(text)?.[1] ?? ''
  return text.split('\n').flatMap((line, index) => {
    const field = /^\s+([a-z_]\w{1,60})\s*:\s*(?:str|SecretStr|Optional|Annotated|TelegramToken)\b/i.exec(line)?.[1]
    const at = { place: `${path}:${index + 1}`, text: line.trim() }
    return field === undefined ? [] : mention(`${prefix}${field}`.toUpperCase(), at, 'read')
  })
}

const wordsIn = (path: string, text: string, kind: Mention['kind']): Mention[] =>
  text.split('\n').flatMap((line, index) =>
    [...line.matchAll(/\b[A-Z][A-Z0-9_]{2,60}\b/g)].flatMap(([name]) => {
      const at = { place: `${path}:${index + 1}`, text: line.trim() }
      return mention(name, at, kind)
    }),
  )

const SHOWN = 80

/** People commit tokens, too: what is shown is cut only after they are gone. */
const mention = (name: string, { place, text }: { place: string; text: string }, kind: Mention['kind']): Mention[] =>
  isTokenName(name) ? [{ name, place, text: redact(text.slice(0, 5 * SHOWN)).slice(0, SHOWN), kind }] : []
