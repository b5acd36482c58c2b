import { composeServices, isServiceHost } from './compose.ts'
import { type EnvLine, exampleLines, isUsableDefault } from './env-example.ts'
import { requiredReads } from './required-reads.ts'
import type { SourceTree } from './source-tree.ts'

/** A variable of a bot beside its token, as far as its repository tells. */
export type BotVariable = {
  name: string
  /** What a deploy sets by itself, when nobody says anything else. */
  value?: string
  /** Worth a question. Neither this nor a value: the program reads it and may end without it. */
  ask: boolean
  comment?: string
  /** `.env.example:3`, or `bot.js:12 process.env.ADMIN_ID!`. */
  evidence: string
}

type Known = {
  /** Names that need no question: the token's, and those that the repository itself sets. */
  given: readonly string[]
  /** What a deploy sets. */
  set: Readonly<Record<string, string>>
}

/** `app` is the bot's directory of the repository. */
export const botVariables = (app: SourceTree, tree: SourceTree, { given, set }: Known): BotVariable[] => {
  const services = composeServices(tree)
  const isElsewhere = (value: string) => isThisMachine(value) || isServiceHost(services, value)
  const listed = exampleLines(app, tree).flatMap((line) => inExample({ ...line, set: set[line.name] }, isElsewhere))
  const read = requiredReads(app).filter(({ name }) => set[name] === undefined)
  const known = new Set([...given, 'TELEGRAM_API_ROOT'])
  return [...listed, ...read].filter(({ name }) => {
    const isNew = !known.has(name)
    known.add(name)
    return isNew
  })
}

type Listed = EnvLine & { set: string | undefined }

/** NODE_ENV is never asked for: production is the one value that would do harm. */
const inExample = (
  { name, place, comment, ...line }: Listed,
  isElsewhere: (value: string) => boolean,
): BotVariable[] => {
  const value = line.set ?? (isUsableDefault({ name, value: line.value }) ? line.value : undefined)
  if (name === 'NODE_ENV' && value === undefined) return []
  const ask = value === undefined || isElsewhere(value)
  return [{ name, ...(value !== undefined && { value }), ask, ...(comment && { comment }), evidence: place }]
}

/** In a container nothing listens there, and no other container has a name: a database needs another address. */
const isThisMachine = (value: string): boolean => /(^|\/\/|@)(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(value)
