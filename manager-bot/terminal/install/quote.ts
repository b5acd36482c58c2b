/** A command line for the shell at the other end of an SSH connection, which takes nothing else: words stay words. */
export const commandLine = (argv: readonly string[]): string => argv.map(quote).join(' ')

const quote = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)
