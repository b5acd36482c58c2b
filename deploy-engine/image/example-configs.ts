import { directoryOf, isEnvExample, isForeign, isTest, nameOf, type SourceTree } from './source-tree.ts'

/** A file that shows how a config file is to be written, and the path at which the program looks for it. */
export type ExampleConfig = { example: string; target: string }

/** Config files that a person has to write: what the repository has an example of, and not the file itself. */
export const exampleConfigs = ({ files }: SourceTree): ExampleConfig[] =>
  files.filter(isMeant).flatMap((example) => {
    const target = targetOf(example)
    return target === undefined || files.includes(target) ? [] : [{ example, target }]
  })

const MARK = '(?:example|exemple|sample|template|tmpl|tpl|dist|defaults?)'
const ENDING = /\.(json5?|jsonc|ya?ml|toml|ini|cfg|conf|env|properties|xml|[cm]?[jt]s|py|php)$/i
const PROGRAM = /\.([cm]?[jt]s|py|php)$/i

/** config.example.js, example.config.js, config.yml.sample, bot_example.ini: the same without the word. */
const targetOf = (path: string): string | undefined => {
  const name = nameOf(path)
  const bare = [
    name.replace(new RegExp(`^${MARK}[._-](?=.+\\.)`, 'i'), ''),
    name.replace(new RegExp(`[._-]${MARK}(?=\\.\\w+$)`, 'i'), ''),
    name.replace(new RegExp(`[._-]${MARK}$`, 'i'), ''),
  ].find((each) => each !== name && each !== '')
  if (bare === undefined || !ENDING.test(bare) || TOOLS.test(bare)) return undefined
  // An example of a program is no config file, if its name does not say so.
  if (PROGRAM.test(bare) && !CONFIG.test(bare)) return undefined
  const directory = directoryOf(path)
  return directory === '' ? bare : `${directory}/${bare}`
}

const CONFIG = /conf|setting|secret|credential|constant|option|param|key|token|local|env|(^|[._-])prod|(^|[._-])dev/i

/** Of editors, linters, package managers, containers and web servers. */
const TOOLS =
  /^\.|^(docker-)?compose\b|^(package|tsconfig|jsconfig|renovate|lerna|nx|turbo)\b|nginx|apache|supervisor|^app\.json/i

const isMeant = (path: string): boolean =>
  path.split('/').length <= 4 &&
  !isForeign(path) &&
  !isTest(path) &&
  !isEnvExample(path) &&
  !/(^|\/)(examples?|samples?|templates?|docs?|fixtures?|migrations?|locales?|\.[^/]+)\//i.test(path)
