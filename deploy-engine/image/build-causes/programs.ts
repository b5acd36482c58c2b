import { count, first, type Rule } from './rule.ts'

const TYPESCRIPT = new RegExp(
  [
    /^(?<file>[^\s(:][^\n(:]*)/,
    /(?:\((?<line>\d+),(?<column>\d+)\)|:(?<line2>\d+):(?<column2>\d+))/,
    /(?:: | - )error (?<code>TS\d+): (?<text>.+)$/,
  ]
    .map(({ source }) => source)
    .join(''),
  'm',
)

export const LESS_MEMORY = 'Let the build do less at once, or build the image elsewhere'

export const diskAndMemoryRules: Rule[] = [
  {
    pattern: /^.*(?:No space left on device|\bENOSPC\b).*$/im,
    cause: () => ({ text: 'the disk of the server is full', hint: 'Free some disk and try again' }),
  },
  {
    pattern: /^.*JavaScript heap out of memory.*$/m,
    cause: () => ({
      text: 'Node ran out of memory',
      hint: 'Set NODE_OPTIONS=--max-old-space-size=1200 for the build, or let it do less at once',
    }),
  },
  {
    pattern: /^(?:.*Killed signal terminated program.*|Killed|.*(?:code|signal:?) SIGKILL.*|MemoryError)$/m,
    cause: () => ({ text: 'a part of it was killed: it needed more memory than a build may use', hint: LESS_MEMORY }),
  },
]

export const typescriptRules: Rule[] = [
  {
    pattern: TYPESCRIPT,
    cause: ({ groups, output }) => {
      const { file, line = '', line2 = '', column = '', column2 = '', text, code } = groups
      const others = count(output, new RegExp(TYPESCRIPT, 'gm')) - 1
      const more = others > 0 ? `, and ${others} more error${others > 1 ? 's' : ''}` : ''
      return { text: `${file}:${line || line2}:${column || column2}: ${text} (${code})${more}` }
    },
  },
  {
    pattern: /^error (?<code>TS\d+): (?<text>.+)$/m,
    cause: ({ groups: { code = '', text = '' } }) => ({ text: `${text} (${code})` }),
  },
]

export const nodeRules: Rule[] = [
  {
    pattern: /^.*Error(?: \[\w+\])?: Cannot find (?:module|package) '(?<name>[^'\n]+)'(?<importer>.*)$/m,
    cause: ({ groups: { name = '', importer = '' }, output }) => {
      const by = first(importer, /^ imported from (\S+)/) || first(output, /Require stack:\n- (.+)/)
      if (/^[./]/.test(name)) {
        return {
          text: `the file ${name} is missing${by && ` (wanted by ${by})`}`,
          hint: 'Is it committed? Is it copied before this step? Does .dockerignore leave it out?',
        }
      }
      return {
        text: `the package ${name} is not installed${by && ` (wanted by ${by})`}`,
        hint: `Add ${name} to package.json`,
      }
    },
  },
  {
    pattern:
      /^(?:file:\/\/)?(?<place>(?!node:)\S+\.[cm]?[jt]sx?:\d+)\n(?:.*\n){1,6}?(?<error>\w*Error(?: \[\w+\])?: .+)$/m,
    cause: ({ groups: { place = '', error = '' } }) => ({ text: `${place}: ${error}` }),
  },
]

export const shellRules: Rule[] = [
  {
    pattern: /exec: "(?<name>[^"]+)": (?:executable file not found|stat )/,
    cause: ({ groups: { name = '' } }) => ({
      text: `the program ${name} is not in the image`,
      hint: `Install ${name} in the image before this step`,
    }),
  },
  {
    pattern: /^(?:\S*\/)?(?:ba|da|a)?sh: (?:(?:line )?\d+: )?(?<name>[^\s:]+): (?:command )?not found$/m,
    cause: ({ groups: { name = '' }, output }) => ({
      text: `the program ${name} is not in the image`,
      hint: /^> /m.test(output)
        ? `Add the package that has ${name} to package.json, and see that devDependencies are installed`
        : `Install ${name} in the image before this step`,
    }),
  },
  {
    pattern: /^(?:\S*\/)?(?:ba|da|a)?sh: .*?(?<name>[^\s:]+): (?<why>Permission denied|No such file or directory)$/m,
    cause: ({ groups: { name = '', why = '' } }) => ({ text: `${name}: ${why.toLowerCase()}` }),
  },
]

export const packageRules: Rule[] = [
  {
    pattern: /^E: (?:Unable to locate package (?<name>\S+)|Package '(?<other>[^']+)' has no installation candidate)$/m,
    cause: ({ groups: { name = '', other = '' } }) => ({
      text: `the base image’s distribution has no package ${name || other}`,
      hint: 'Check its name; “apt-get update” has to run in the same RUN',
    }),
  },
  {
    pattern: /^E: The repository '(?<repository>[^']+)' (?:does not have|no longer has) a Release file/m,
    cause: ({ groups: { repository = '' } }) => ({
      text: `Debian’s packages are no longer at ${repository}`,
      hint: 'Its release is too old: choose a newer base image',
    }),
  },
  {
    pattern: /^(?:E|W|Err:\d+)\b.*?(?:Temporary failure resolving|Could not resolve) '(?<host>[^']+)'/m,
    cause: ({ groups: { host = '' } }) => ({
      text: `${host} could not be reached`,
      hint: 'Try again; if it stays so, check the network of this server',
    }),
  },
  {
    pattern: /^E: (?<text>(?:Failed to fetch|Version|Unmet|Unable to correct).+)$/m,
    cause: ({ groups: { text = '' } }) => ({ text: `apt says: ${text}` }),
  },
  {
    pattern: /^ERROR: unable to select packages:\n\s+(?<name>\S+) \(no such package\)/m,
    cause: ({ groups: { name = '' } }) => ({ text: `Alpine has no package ${name}`, hint: 'Check its name' }),
  },
]
