import { type Command, GIVEN, type Input, parametersOf, usageHint, type Verbs } from './command.ts'

/**
 * Splits what follows a command's name. Quotes keep words together; a phone's dash counts as two hyphens, since
 * keyboards turn one into the other.
 */
export const splitWords = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|“([^”]*)”|(\S+)/g)].map(([, straight, curly, bare]) => straight ?? curly ?? bare ?? '')

/** Gives words the names of the command's usage. Fails with `bad_argument`. */
export const inputOf = (command: Command, words: readonly string[], verbs: Verbs): Input => {
  const refuse = (what: string): never => {
    throw new verbs.TbsError('bad_argument', what, { hint: usageHint(command) })
  }
  const { positional, options } = parametersOf(command)
  const input: Record<string, string> = {}
  const rest = [...positional]
  const queue = [...words]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const [, option, inline] = /^(?:--|—|–)([a-z][a-z-]*)(?:=(.*))?$/s.exec(word) ?? []
    if (option === undefined) {
      const parameter = rest.shift() ?? refuse(`/${command.name} takes ${countOf(positional.length)}`)
      // A dash in a sentence is no option.
      const further = parameter.rest ? queue.splice(0) : []
      input[parameter.name] = [word, ...further].join(' ')
      continue
    }
    const known = options.find(({ name }) => name === option)
    if (!known) return refuse(`/${command.name} has no option --${option.slice(0, 20)}`)
    if (known.value !== undefined) input[option] = inline ?? queue.shift() ?? refuse(`--${option} needs a value`)
    else input[option] = inline === undefined ? GIVEN : refuse(`--${option} takes no value`)
  }
  return input
}

const countOf = (count: number): string => {
  if (count === 0) return 'no arguments'
  return count === 1 ? 'one argument at most' : `${count} arguments at most`
}
