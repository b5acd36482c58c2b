import { exampleVariables } from './env-example.ts'
import { isComposeOrReadme, isDockerfile, isSource, isTest, nameOf, type SourceTree } from './source-tree.ts'
import { isTokenName, likelihood } from './token-names.ts'

export type TokenVariable = { name: string; evidence: string }

/** Guesses in which variable a repository expects its bot token, from what its files say. */
export const guessTokenVariable = (tree: SourceTree): TokenVariable => {
  const [best, ...others] = candidatesIn(tree)
  if (best === undefined)
    return { name: 'BOT_TOKEN', evidence: 'token variable: BOT_TOKEN, a guess: no file names one' }
  const rejected = others.slice(0, 3).map(({ name, places }) => `${name} (${places[0]})`)
  const not = rejected.length === 0 ? '' : `, not ${rejected.join(', ')}`
  return { name: best.name, evidence: `token variable: ${best.name} (${best.places.slice(0, 3).join(', ')})${not}` }
}

type Candidate = { name: string; places: string[]; rank: number }

/** The likeliest first. Tokens of other services count only where there is nothing else, and only one of them. */
const candidatesIn = (tree: SourceTree): Candidate[] => {
  const mentions = mentionsIn(tree).sort((a, b) => STRENGTH[a.kind] - STRENGTH[b.kind])
  const names = [...new Set(mentions.map(({ name }) => name))]
  const candidates = names.map((name) => {
    const own = mentions.filter((mention) => mention.name === name)
    return { name, places: [...new Set(own.map(({ place }) => place))], rank: rankOf(name, own) }
  })
  const fitting = candidates.filter(({ rank }) => rank < FOREIGN)
  if (fitting.length === 0) return candidates.length === 1 ? candidates : []
  return fitting.sort((a, b) => a.rank - b.rank)
}

/** read: a program asks the environment for it. listed: in an env example. The others are words in a text. */
type Mention = { name: string; place: string; kind: 'read' | 'listed' | 'source' | 'document' }

const STRENGTH = { read: 0, listed: 1, source: 2, document: 3 }
const FOREIGN = 1000

/** What is read and sounds like a Telegram token, then what only sounds like it, then any other token that is read. */
const rankOf = (name: string, mentions: Mention[]): number => {
  const { service, index } = likelihood(name)
  if (service === 'other') return FOREIGN
  const strength = Math.min(...mentions.map(({ kind }) => STRENGTH[kind]))
  const order = service === 'telegram' ? [0, 0, 1, 3] : [2, 2, 4, 4]
  return (order[strength] ?? 4) * 100 + index
}

const mentionsIn = (tree: SourceTree): Mention[] => [
  ...exampleVariables(tree).flatMap(({ name, place }) => mention(name, place, 'listed')),
  ...[...tree.text].flatMap(([path, text]) => {
    if (isSource(path) && !isTest(path)) return [...readsIn(path, text), ...wordsIn(path, text, 'source')]
    const isDocument = isDockerfile(path) || isComposeOrReadme(nameOf(path))
    return isDocument ? wordsIn(path, text, 'document') : []
  }),
]

/** `process.env.NAME`, `os.getenv("NAME")`, `env::var("NAME")`, … and `const { NAME } = process.env`. */
const readsIn = (path: string, text: string): Mention[] => [
  ...text
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(READ)].flatMap(([, name = '']) => mention(name, `${path}:${index + 1}`, 'read')),
    ),
  ...[...text.matchAll(DESTRUCTURED)].flatMap((match) => {
    const line = text.slice(0, match.index).split('\n').length
    return (match[1] ?? '')
      .split('\n')
      .flatMap((part, index) =>
        [...part.matchAll(/(?:^|,)\s*(\w{1,100})/g)].flatMap(([, name = '']) =>
          mention(name, `${path}:${line + index}`, 'read'),
        ),
      )
  }),
]

const READ =
  /env\w{0,20}(?:(?:\.|::)(?:get|str|string|fetch|var|required))?(?:\?\.|[.[(])\s*["'`]?([A-Za-z_]\w{0,99})/gi
const DESTRUCTURED = /\{([^{}]{1,4000})\}\s*=\s*(?:process\.)?env\b/g

const wordsIn = (path: string, text: string, kind: Mention['kind']): Mention[] =>
  text
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(/\b[A-Z][A-Z0-9_]{2,60}\b/g)].flatMap(([name]) => mention(name, `${path}:${index + 1}`, kind)),
    )

const mention = (name: string, place: string, kind: Mention['kind']): Mention[] =>
  isTokenName(name) ? [{ name, place, kind }] : []
