import { existsSync, readFileSync } from 'node:fs'
import type { Command as Verb } from 'commander'
import { commands } from '../../manager-bot/commands/index.ts'
import { elsewhere, ONLY_HERE } from '../../manager-bot/terminal/door/elsewhere.ts'
import { createProgram } from '../../manager-bot/terminal/program.ts'
import { splitWords } from '../../manager-bot/words.ts'
import { boundByTable, withSamples } from './bind.ts'
import { FOREIGN, ROOT, withoutSettings } from './pages.ts'

/** Throws if a program in the line is neither ours nor known, or does not take these words. */
export const checkShell = (line: string): void => {
  for (const text of programsIn(line)) {
    const call = ownCall(text)
    if (call) checkVerb(call)
    if (!call || !OURS.test(text)) checkProgram(text)
  }
}

/** The verbs of ours in the line, with their words. */
export const ownCalls = (line: string): string[][] =>
  programsIn(line)
    .map(ownCall)
    .filter((call) => call !== undefined)

const programsIn = (line: string): string[] =>
  line
    .split(/\s*(?:&&|\|)\s*/)
    .map((part) => withoutSettings(part.replace(/ [<>] \S+/g, '')))
    .filter((text) => text !== '')

const OURS = /^(?:npx |bin\/)?tbs-manager(?:\.mjs|@\S+)? /
/** In the manager's own container. */
const INSIDE = /^.* tbs-manager tbs-manager /

const ownCall = (text: string): string[] | undefined => {
  const start = (OURS.exec(text) ?? INSIDE.exec(text))?.[0]
  return start === undefined ? undefined : splitWords(withSamples(text.slice(start.length)))
}

const checkProgram = (text: string): void => {
  const [program = '', ...words] = text.split(' ')
  const isKnown = program in FOREIGN || (program === 'npx' && words[0] === 'vitest')
  if (program === 'npm') checkScript(words)
  else if (!isKnown) throw new Error(`${program} is neither ours nor in the list of other programs`)
  mustExist(words.filter((word) => /^(?:docker|docs|bin|test|scripts)\/\S+$/.test(word)))
}

const mustExist = (paths: readonly string[]): void => {
  for (const path of paths) if (!existsSync(`${ROOT}/${path}`)) throw new Error(`there is no ${path}`)
}

const checkScript = ([verb = '', ...words]: string[]): void => {
  const name = verb === 'run' ? (words[0] ?? '') : verb
  const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8'))
  if (!(name in scripts)) throw new Error(`package.json has no script ${name}`)
}

/** By the real program, whose actions do nothing here. */
const checkVerb = (words: string[]): void => {
  const there = elsewhere(words, { env: {}, state: true })
  const own = there?.words ?? words
  if (there?.host !== undefined && ONLY_HERE.includes(own[0] ?? '')) throw new Error(`${own[0]} is not for --host`)
  let taken: Verb | undefined
  const program = createProgram()
  disarm(program, (verb) => {
    taken = verb
  })
  // A name alone is one, and no command.
  if (own.length === 1 && program.commands.some((verb) => verb.name() === own[0])) return
  try {
    program.parse(own, { from: 'user' })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'commander.helpDisplayed') return
    throw error
  }
  // Some verbs of the terminal are called like one of the chat.
  const name = taken?.parent === program ? taken.name() : undefined
  if (name === undefined || commands.find((command) => command.name === name)?.door === 'chat') return
  boundByTable(
    name,
    own.slice(1).filter((word) => word !== '--json'),
  )
}

const disarm = (verb: Verb, onTaken: (verb: Verb) => void): void => {
  verb.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} })
  if (verb.parent) verb.action(() => onTaken(verb))
  for (const one of verb.commands) disarm(one as Verb, onTaken)
}
