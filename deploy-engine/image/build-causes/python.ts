import { first, type Rule } from './rule.ts'

// The last frame before the error, as Python prints it.
const LAST_FRAME = new RegExp(
  [
    /^ *File "(?<file>[^"\n]+)", line (?<line>\d+)[^\n]*\n(?: +(?! *File ")[^\n]*\n)*/,
    /(?<error>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)\b[^\n]*)(?![\s\S]*^ *File ")/,
  ]
    .map(({ source }) => source)
    .join(''),
  'm',
)

export const pythonRules: Rule[] = [
  {
    pattern: /^.*(?:NewConnectionError|ConnectTimeoutError|NameResolutionError).*$/m,
    cause: () => ({
      text: 'the Python package index could not be reached',
      hint: 'Try again; if it stays so, check the network of this server',
    }),
  },
  {
    pattern: /^ERROR: Could not open requirements file: .*'(?<file>[^']+)'/m,
    cause: ({ groups: { file = '' } }) => ({
      text: `${file} is not in the image`,
      hint: `COPY ${file} before pip install, and see whether .dockerignore leaves it out`,
    }),
  },
  {
    pattern: /^ERROR: Invalid requirement: (?<text>.+)$/m,
    cause: ({ groups: { text = '' } }) => ({ text: `a requirement can’t be read: ${text}` }),
  },
  {
    pattern: /^(?:ERROR|error): .*externally-managed-environment|^error: externally-managed-environment/m,
    cause: () => ({
      text: 'Debian’s own Python takes no packages from pip (externally-managed-environment)',
      hint: 'Use a python base image, a virtual environment, or pip install --break-system-packages',
    }),
  },
  {
    pattern: /^ERROR: Could not find a version .*?requirement (?<spec>.+?) \(from versions: (?<versions>.*)\)$/m,
    cause: ({ groups: { spec = '', versions = '' }, output }) => {
      const name = spec.replace(/[<>=!~ ;[(].*/, '')
      if (/require a different python version/i.test(output)) {
        return { text: `${spec} needs another version of Python`, hint: 'Choose another Python in the base image' }
      }
      if (versions === 'none') {
        return {
          text: `there is no Python package ${name} for this image`,
          hint: `Is ${name} spelt right in requirements.txt?`,
        }
      }
      const newest = versions.split(', ').at(-1)
      return {
        text: `no version of ${name} fits ${spec}; the newest is ${newest}`,
        hint: `Change ${name} in requirements.txt`,
      }
    },
  },
  {
    pattern: /^ERROR: No matching distribution found for (?<spec>.+)$/m,
    cause: ({ groups: { spec = '' } }) => ({ text: `there is no Python package ${spec}` }),
  },
  {
    pattern: /^ERROR: Cannot install (?<who>.+) because these package versions have conflicting dependencies/m,
    cause: ({ groups: { who = '' } }) => ({
      text: `these Python packages do not fit each other: ${who}`,
      hint: 'Loosen their versions in requirements.txt',
    }),
  },
  {
    pattern:
      /ERROR: Failed building wheel for (?<name>\S+)|Failed to build (?:installable wheels.*\()?(?<names>[\w.-]+)/,
    cause: ({ groups: { name = '', names = '' }, output }) => ({
      text: `the Python package ${name || names} could not be compiled${compilerSays(output)}`,
      hint: 'Install gcc and python3-dev in the image, or use a version that comes compiled for this Python',
    }),
  },
  {
    pattern: LAST_FRAME,
    cause: ({ groups: { file = '', line = '', error = '' } }) => {
      const module = first(error, /No module named '([^'.]+)/)
      return {
        text: `${file}:${line}: ${error}`,
        ...(module && { hint: `Is ${module} in requirements.txt? The module may be named otherwise than its package` }),
      }
    },
  },
]

const compilerSays = (output: string): string => {
  const error = first(output, /fatal error: (.+)$/m) || first(output, /error: command '([^']+)' failed: No such file/m)
  return error && `: ${error}`
}
