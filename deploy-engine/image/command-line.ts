/** A command as the process gets it: its words, or a shell with the whole text where the words need one. */
export const commandOf = (text: string): string[] => splitWords(text) ?? ['/bin/sh', '-c', text]

/** Words of a command that needs no shell; undefined if it uses variables, globs, pipes, several commands, … */
export const splitWords = (text: string): string[] | undefined => {
  const command = text.trim()
  if (!PLAIN_COMMAND.test(command)) return undefined
  const words = (command.match(WORD) ?? []).map((word) =>
    word.replace(QUOTED, (_, single, double, bare) => single ?? double ?? bare),
  )
  const [first = ''] = words
  return first === '' || first.includes('=') || SHELL_WORDS.has(first) ? undefined : words
}

/** Quoted parts without anything that a shell would expand, and bare characters without a meaning to it. */
const PLAIN_COMMAND = /^(?:'[^']*'|"[^"$`\\]*"|[\w@%+=:,./^-]|\s)+$/
const WORD = /(?:'[^']*'|"[^"]*"|[^\s'"])+/g
const QUOTED = /'([^']*)'|"([^"]*)"|([^'"]+)/g
const SHELL_WORDS = new Set([
  'cd',
  'exec',
  'export',
  'source',
  '.',
  'if',
  'for',
  'while',
  'set',
  'ulimit',
  'umask',
  'eval',
])
