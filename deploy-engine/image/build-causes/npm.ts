import { count, first, noSuchVersion, notInRegistry, type Rule, splitPackage, staleLockfile } from './rule.ts'

/** What npm prints, since version 10 with `npm error` before each line, and with `npm ERR!` before that. */
export const npmRules: Rule[] = [
  {
    pattern: /^npm (?:error|ERR!) 404\s+(?:The requested resource )?'(?<spec>[^']+)' (?:could not be found|is not in)/m,
    cause: ({ groups: { spec = '' } }) => notInRegistry(splitPackage(spec).name, 'E404'),
  },
  {
    pattern: /^npm (?:error|ERR!) notarget No matching version found for (?<spec>\S+?)\.?$/m,
    cause: ({ groups: { spec = '' } }) => noSuchVersion(spec, 'ETARGET'),
  },
  {
    pattern: /^npm (?:error|ERR!).*can only install packages when your package\.json and (?<lock>[\w.-]+)/m,
    cause: ({ groups: { lock = '' }, output }) => {
      const missing = first(output, /^npm (?:error|ERR!) ((?:Missing|Invalid): .+)$/m).toLowerCase()
      return staleLockfile(lock, 'EUSAGE', missing && `: ${missing}`)
    },
  },
  {
    pattern: /^npm (?:error|ERR!).*can only install with an existing package-lock\.json/m,
    cause: () => ({
      text: 'there is no package-lock.json (EUSAGE)',
      hint: 'Commit package-lock.json, or use “npm install”',
    }),
  },
  {
    pattern: /^npm (?:error|ERR!) (?:code )?ERESOLVE\b/m,
    cause: ({ output }) => {
      const [, peer, range, by] =
        /^npm (?:error|ERR!)\s+peer (\S+?)@"([^"]+)" from (\S+)/m.exec(output.slice(output.indexOf('Could not'))) ?? []
      const found = first(output, /^npm (?:error|ERR!) Found: (\S+)/m)
      const clash = peer === undefined ? 'packages do not fit each other' : `${by} wants ${peer}@${range}`
      return {
        text: `${clash}${found && `, but ${found} is asked for`} (ERESOLVE)`,
        hint: 'Make their versions fit in package.json, or commit an .npmrc with legacy-peer-deps=true',
      }
    },
  },
  {
    pattern: /^npm (?:error|ERR!) code EBADENGINE/m,
    cause: ({ output }) => {
      const name = first(output, /Not compatible with your version of node\/npm: (\S+)/)
      const wanted = first(output, /Required:\s+(\{.*\})/).replace(/[{}"]/g, '')
      const actual = first(output, /Actual:\s+\{.*"node":"([^"]+)"/)
      const who = name === '' || name === 'undefined' ? 'package.json' : name
      return { text: `${who} wants ${wanted}, and the image has Node ${actual} (EBADENGINE)`, hint: OTHER_NODE }
    },
  },
  {
    pattern: /^npm (?:error|ERR!) network request to (?<url>\S+) failed, reason: (?<why>.*)$/m,
    cause: ({ groups: { url = '', why = '' } }) => ({
      text: `${hostOf(url)} could not be reached (${first(why, /\b(E[A-Z_]{4,})\b/) || why})`,
      hint: 'Try again; if it stays so, check the network of this server',
    }),
  },
  {
    pattern: /^npm (?:error|ERR!) JSON\.parse (?<why>(?:Invalid package\.json|Failed to parse).*)$/m,
    cause: ({ groups: { why = '' } }) => ({
      text: `package.json is not valid JSON: ${why.replace(/ while parsing.*/, '')}`,
    }),
  },
  {
    pattern: /^npm (?:error|ERR!) Missing script: "?(?<script>[^"\n]+?)"?$/m,
    cause: ({ groups: { script = '' } }) => ({ text: `package.json has no script “${script}”` }),
  },
  {
    pattern: /^npm (?:error|ERR!) syscall spawn git$/m,
    cause: () => ({
      text: 'a package comes from a git repository, and the image has no git',
      hint: 'Install git in the image',
    }),
  },
  {
    pattern: /gyp ERR! (?:find Python|stack Error: not found: make)|make: (?:[gc]\+\+|g?cc): (?:No such|command not)/,
    cause: ({ output }) => ({
      text: `${failedPackage(output) || 'a package'} has to be compiled, and the image has no ${missingTool(output)}`,
      hint: 'Install python3, make and g++ in the image before its packages',
    }),
  },
  {
    pattern: /gyp ERR! build error/,
    cause: ({ output }) => {
      const error = first(output, /:\d+:\d+: (?:fatal )?error: (.+)$/m)
      return {
        text: `${failedPackage(output) || 'a package'} could not be compiled${error && `: ${error}`}`,
        hint: 'It may be too old for this Node: a newer version of it, or an older Node',
      }
    },
  },
  {
    pattern: /^npm (?:error|ERR!) path \S*\/node_modules\/(?<name>(?:@[^/\s]+\/)?[^/\s]+)$/m,
    cause: ({ groups: { name = '' }, output }) => {
      if (!/^npm (?:error|ERR!) command /m.test(output)) return undefined
      const why = first(output, /^npm (?:error|ERR!) .*?\b(\w*Error: .+)$/m)
      return { text: `the install script of ${name} failed${why && `: ${why}`}` }
    },
  },
]

/** Only when nothing more telling was found. */
export const npmLastRules: Rule[] = [
  {
    pattern: /^npm (?:error|ERR!) code (?<code>E[A-Z]+)$/m,
    cause: ({ groups: { code = '' }, output }) => {
      const said = [...output.matchAll(/^npm (?:error|ERR!) (?!code|errno|syscall|path|dest|A complete log)(.+)$/gm)]
      return { text: `npm says ${code}${said[0]?.[1] ? `: ${said[0][1]}` : ''}` }
    },
  },
  {
    pattern: /^npm (?:error|ERR!) command (?:sh -c )?(?<command>.+)$/m,
    cause: ({ groups: { command = '' }, output }) =>
      count(output, /^npm (?:error|ERR!) command failed$/gm) > 0 ? { text: `“${command}” failed` } : undefined,
  },
]

const OTHER_NODE = 'Set the Node version in package.json (engines), in .nvmrc, or by the base image'

const hostOf = (url: string): string => first(url, /^\w+:\/\/(?:[^/@]*@)?([^/:]+)/) || url

const failedPackage = (output: string): string =>
  first(output, /\$npm_package_name (\S+)/) ||
  first(output, /^npm (?:error|ERR!) path \S*\/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)$/m)

const missingTool = (output: string): string => {
  if (/find Python/.test(output)) return 'Python'
  return /not found: make/.test(output) ? 'make' : 'C++ compiler'
}
