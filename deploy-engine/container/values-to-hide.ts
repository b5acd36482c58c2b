const MOST = 200
const SHORTEST = 8

/** Values of a config file, in whatever language, that look like secrets: by the name before them, or by themselves. */
export const valuesToHide = (text: string): string[] => {
  const values = text.split(/\r?\n/).flatMap((line) => valuesIn(line.slice(0, 2000)))
  return [...new Set(values)].slice(0, MOST)
}

const valuesIn = (line: string): string[] => {
  const quoted = [...line.matchAll(/(["'`])((?:(?!\1).)+)\1(\s*:)?/g)].flatMap(([, , value = '', colon]) =>
    colon === undefined ? [value] : [],
  )
  const bare = /[:=]\s*([^\s"'`{}[\](),;][^"'`{}[\](),;]*?)\s*(?:[,;]\s*)?$/.exec(line)?.[1]
  const all = bare === undefined ? quoted : [...quoted, bare]
  return all.filter((value) => value.length >= SHORTEST && (SECRET_NAME.test(line) || isRandom(value)))
}

const SECRET_NAME = /token|secret|passw|pwd|key|credential|private|auth|dsn|ur[il]\b/i

/** Letters and digits mixed over a length that no word has, or the login of a URL. */
const isRandom = (value: string): boolean =>
  /^(?=.*\d)(?=.*[A-Za-z])[\w+/=.:-]{16,}$/.test(value) || /:\/\/[^/\s:@]*:[^/\s@]+@/.test(value)
