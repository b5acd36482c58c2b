import { type Dockerfile, readInstructions } from './dockerfile-instructions.ts'

/**
 * Puts a LABEL instruction after each FROM, so that the layers of a failed build can be found by label. Nothing else
 * of the text changes. Labels that differ from build to build make every layer below them miss Docker's cache.
 */
export const labelDockerfile = (dockerfile: string, labels: Record<string, string>): string => {
  const { instructions, escapeWith } = readInstructions(dockerfile)
  const label = labelInstruction(labels, escapeWith)
  const froms = instructions.filter(({ name, unfinished }) => name === 'FROM' && !unfinished)
  const ends = new Set(froms.map(({ last }) => last))
  const lines = dockerfile.split('\n')
  return lines.map((line, index) => (ends.has(index) ? withLabel(line, label) : line)).join('\n')
}

const labelInstruction = (labels: Record<string, string>, escapeWith: Dockerfile['escapeWith']): string =>
  `LABEL ${Object.entries(labels)
    .map(([key, value]) => `${quoted(key, escapeWith)}=${quoted(value, escapeWith)}`)
    .join(' ')}`

/** Docker expands variables in labels, so `$` is escaped as well. */
const quoted = (value: string, escapeWith: Dockerfile['escapeWith']): string => {
  if (/\p{Cc}/u.test(value)) throw new Error(`a label has a control character: ${JSON.stringify(value)}`)
  const special = escapeWith === '`' ? /["$`]/g : /["$\\]/g
  return `"${value.replace(special, (character) => escapeWith + character)}"`
}

const withLabel = (line: string, label: string): string =>
  line.endsWith('\r') ? `${line}\n${label}\r` : `${line}\n${label}`
