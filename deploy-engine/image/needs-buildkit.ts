import { wordsOf } from './command-line.ts'
import { type Instruction, linesOf } from './dockerfile-instructions.ts'

/**
 * Why the classic builder can't build this Dockerfile, with the line; undefined if it can. Each was seen to fail on the
 * classic builder of Engine 20.10. A `# syntax=` line alone is a comment to it and no reason.
 */
export const needOfBuildkit = (
  { path, text, args }: { path: string; text: string; args: Readonly<Record<string, string>> },
  instructions: readonly Instruction[],
): string | undefined => {
  const frontend = foreignFrontend(text)
  if (frontend !== undefined) return `${frontend} (${path}:1)`
  const given = { ...defaultsIn(instructions), ...args }
  for (const instruction of instructions) {
    const what = featureIn(instruction, given)
    if (what !== undefined) return `${what} (${path}:${instruction.first + 1})`
  }
  return undefined
}

const defaultsIn = (instructions: readonly Instruction[]): Record<string, string> =>
  Object.fromEntries(
    instructions.flatMap(({ name, rest }) => {
      const [, key, value] = name === 'ARG' ? (/^(\w+)=(.*)/.exec(rest) ?? []) : []
      return key === undefined || value === undefined ? [] : [[key, value]]
    }),
  )

/** Another language than Docker's own, which only BuildKit can load. */
const foreignFrontend = (text: string): string | undefined => {
  const [, image = ''] = /^#\s*syntax\s*=\s*(\S+)/i.exec(linesOf(text)[0] ?? '') ?? []
  return image === '' || /^(docker\.io\/)?docker\/dockerfile(-upstream)?([:@]|$)/.test(image)
    ? undefined
    : `# syntax=${image.slice(0, 80)}`
}

const featureIn = (instruction: Instruction, args: Readonly<Record<string, string>>): string | undefined => {
  const { name, rest, heredoc } = instruction
  if (name === 'ONBUILD') {
    const [, inner = '', more = ''] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? []
    return inner === '' ? undefined : featureIn({ ...instruction, name: inner.toUpperCase(), rest: more }, args)
  }
  const flag = flagsOf(rest).find((each) => CLASSIC_FLAGS.get(name)?.includes(each) === false)
  if (flag !== undefined) return `${name} --${flag}`
  if (heredoc) return `${name} with a here-document`
  if (name === 'ADD' && wordsOf(rest).some((word) => GIT_URL.test(word))) return 'ADD of a git repository'
  return predefinedIn(instruction, args)
}

/** Of the instructions that have got more since. */
const CLASSIC_FLAGS = new Map<string, string[]>([
  ['RUN', []],
  ['COPY', ['from', 'chown']],
  ['ADD', ['chown']],
])

const GIT_URL = /^(git@|git:\/\/|ssh:\/\/git@|https?:\/\/[^\s#]+\.git(#|$))/

/** Flags stand before everything else. */
const flagsOf = (rest: string): string[] => {
  const words = rest.slice(0, 2000).split(/\s+/)
  const end = words.findIndex((word) => !/^--[a-z]/.test(word))
  return words.slice(0, end === -1 ? undefined : end).map((word) => /^--([a-z-]+)/.exec(word)?.[1] ?? '')
}

const PREDEFINED = /\b(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT)\b/

/** Platform variables without a value of the Dockerfile's own: the classic builder leaves them empty. */
const predefinedIn = ({ name, rest }: Instruction, args: Readonly<Record<string, string>>): string | undefined => {
  const used =
    name === 'ARG' ? /^\w+(?=\s|$)/.exec(rest)?.[0] : name === 'FROM' ? PREDEFINED.exec(rest)?.[0] : undefined
  const isPredefined = used !== undefined && PREDEFINED.test(used) && args[used] === undefined
  return isPredefined ? `${used}, which only BuildKit sets` : undefined
}
