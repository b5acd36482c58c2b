/** A command as the process gets it: its words, or a shell with the whole text where the words need one. */
export const commandOf = (text: string): string[] => plainWords(text) ?? ['/bin/sh', '-c', text.trim()]

/** Words of a command that needs no shell; undefined if it uses variables, globs, pipes, several commands, … */
export const plainWords = (text: string): string[] | undefined => {
  const command = text.trim()
  const words = PLAIN_COMMAND.test(command) ? wordsOf(command) : []
  const [first = ''] = words
  return first === '' || first.includes('=') || SHELL_BUILTINS.has(first) ? undefined : words
}

/** Splits at spaces and removes quotes, without a look at what else a shell would do. */
export const wordsOf = (command: string): string[] =>
  (command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'))

/** A word as a shell takes it literally. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/** Quoted parts in which a shell would expand nothing, and bare characters without a meaning to it. */
const PLAIN_COMMAND = /^(?:'[^']*'|"[^"$`\\]*"|[\w@%+=:,./\s-])+$/

const SHELL_BUILTINS = new Set(['cd', 'exec', 'export', 'source', '.', 'if', 'for', 'while', 'set', 'ulimit', 'eval'])
