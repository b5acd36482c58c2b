import { TbsError } from '../error.ts'
import { below, isDockerfile, isForeign, type SourceTree } from './source-tree.ts'

/** Says what was looked for, and what was found instead. */
export const cannotDetect = (tree: SourceTree, directory: string): TbsError => {
  const app = below(tree, directory)
  const where = directory === '' ? 'at the top of the repository' : `in ${directory}`
  const looked = `Looked for tbs.yaml, Dockerfile, package.json and Python files ${where}`
  const [found, hint] = alternativeIn(app)
  return new TbsError('cannot_detect', `Cannot tell how to build this repository. ${looked}; ${found}`, { hint })
}

const alternativeIn = (app: SourceTree): [found: string, hint: string] => {
  const dockerfile = app.files.find((path) => isDockerfile(path) && !isForeign(path))
  if (dockerfile !== undefined) {
    return [`there is ${dockerfile}`, `Add a tbs.yaml with build: { dockerfile: ${dockerfile} }`]
  }
  const [file, language] = OTHER_LANGUAGES.find(([name]) => app.files.includes(name)) ?? []
  const found =
    file === undefined
      ? 'none is there'
      : `there is ${file}, but ${language} is not built without a Dockerfile, only Node and Python are`
  return [found, 'Add a Dockerfile with a CMD to the repository']
}

const OTHER_LANGUAGES: [file: string, language: string][] = [
  ['go.mod', 'Go'],
  ['Cargo.toml', 'Rust'],
  ['composer.json', 'PHP'],
  ['index.php', 'PHP'],
  ['bot.php', 'PHP'],
  ['Gemfile', 'Ruby'],
  ['pom.xml', 'Java'],
  ['build.gradle', 'Java or Kotlin'],
  ['build.gradle.kts', 'Java or Kotlin'],
  ['mix.exs', 'Elixir'],
  ['deno.json', 'Deno'],
  ['appsscript.json', 'Google Apps Script'],
]
