/** `NAME=value` of each line, as written: comments and lines that are none are left out. */
export const envLines = (text: string): [name: string, raw: string][] =>
  text.split(/\r?\n/).flatMap((line) => {
    const [, name, raw = ''] = /^\s*(?:export\s+)?([^\s#=]+)\s*=(.*)$/.exec(line) ?? []
    return name === undefined ? [] : [[name, raw.trim()] as [string, string]]
  })

/** A value as Docker Compose reads it from an env file: in double quotes a backslash escapes. */
export const unquoted = (raw: string): string => {
  const [, double, single] = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)')/.exec(raw) ?? []
  if (double !== undefined) return double.replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character)
  return single ?? raw.replace(/(^|\s)#.*$/, '').trim()
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' }
