import { shellWord } from '../command-line.ts'
import { isRequirements, type SourceTree } from '../source-tree.ts'
import { importedPackages } from './imports.ts'
import { pipfilePackages, projectPackages } from './manifests.ts'

/** One package that the program needs: its normal name, its version range as written, and where. */
export type Requirement = { name: string; range: string; place: string }

/** How a repository's packages get into the image. */
export type PythonInstall = {
  requirements: Requirement[]
  /** Shell text; undefined: nothing is to be installed. */
  command: string | undefined
  /** The files that alone decide what is installed; undefined: installing needs all sources. */
  manifests: string[] | undefined
  evidence: string[]
}

/** Picks what the packages are listed in: requirements files, pyproject.toml, Pipfile, setup.py, else the imports. */
export const pythonInstall = (tree: SourceTree): PythonInstall =>
  byRequirements(tree) ?? byProject(tree) ?? byPipfile(tree) ?? bySetup(tree) ?? byImports(tree)

const PIP = 'python3 -m pip install --no-cache-dir --disable-pip-version-check'

const byRequirements = (tree: SourceTree): PythonInstall | undefined => {
  const files = tree.files.filter((path) => isRequirements(path) && path.split('/').length <= 2)
  const main = mainFile(files)
  if (main === undefined) return undefined
  const lines = files.flatMap((file) => linesOf(tree, file))
  const local = lines.find(({ text }) => /^(-e\s|--editable|\.{1,2}(\/|$|\[)|file:)/.test(text))
  const unusable = [...new Set(lines.filter(({ text }) => UNUSABLE.test(text)).map(({ file }) => file))]
  const dropped = lines.filter(({ text }) => UNUSABLE.test(text)).map(({ text }) => text.slice(0, 40))
  const edits = unusable.map((file) => `sed -i -E '/${UNUSABLE.source}/Id' ${shellWord(file)}`)
  return {
    requirements: lines.filter(({ file }) => file === main).flatMap(requirementOf),
    command: [...edits, `${PIP} -r ${shellWord(main)}`].join(' && '),
    manifests: local || !files.every(isPlain) ? undefined : files,
    evidence: [
      `${main}: pip install`,
      ...(dropped.length === 0 ? [] : [`left out, no such package for Linux: ${dropped.slice(0, 5).join(', ')}`]),
      ...(local
        ? [`packages are installed after all files: ${local.text.slice(0, 60)} (${local.file}:${local.line})`]
        : []),
    ],
  }
}

const MAIN_FILES = [
  /^requirements\.txt$/i,
  /^requirements\/(prod|production|base|main|requirements|common)\.txt$/i,
  /^(requir\w*|reqs?)[._-]?(prod|production)?\.txt$/i,
  /^requirements\/(?!.*(dev|test|lint|doc))[\w.-]+\.txt$/i,
  /^(requir\w*|reqs?)(?!.*(dev|test|lint|doc))[\w.-]*\.txt$/i,
  /^[^/]+\/requirements\.txt$/i,
]

const mainFile = (files: readonly string[]): string | undefined =>
  MAIN_FILES.map((pattern) => files.find((file) => pattern.test(file))).find((file) => file !== undefined)

const isPlain = (path: string): boolean => /^[\w./-]+$/.test(path)

/** What `pip freeze` writes on a desktop and no Linux server can install, and modules that come with Python itself. */
const UNUSABLE_NAMES = [
  'pywin32|pypiwin32|pywinpty|pkg[-_]resources|python-apt|command-not-found|ubuntu-[a-z-]+',
  'os|sys|re|json|time|math|random|sqlite3|logging|threading|subprocess',
]
/** Also read by sed. */
const UNUSABLE = new RegExp(`^(${UNUSABLE_NAMES.join('|')})[ \\t\\r]*([=<>~!;#].*)?$`, 'i')

type Line = { file: string; text: string; line: number }

/** A file that PowerShell wrote is UTF-16, which pip reads; without its zero bytes it is text here, too. */
const linesOf = (tree: SourceTree, file: string): Line[] =>
  (tree.text.get(file) ?? '')
    .replace(/[\0\uFEFF\uFFFD]/g, '')
    .split(/\r?\n/)
    .slice(0, 2000)
    .map((text, index) => ({ file, text: text.replace(/(^|\s)#.*/, '').trim(), line: index + 1 }))
    .filter(({ text }) => text !== '')

const requirementOf = ({ file, text, line }: Line): Requirement[] => {
  const [, name, range = ''] = /^([A-Za-z0-9][\w.-]{0,99})\s*(?:\[[^\]]*\])?\s*([^;]{0,200})/.exec(text) ?? []
  return name === undefined ? [] : [{ name: normalName(name), range: range.trim(), place: `${file}:${line}` }]
}

const normalName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-')

/** The packages that pyproject.toml lists, in the versions of a lockfile beside it where these fit together. */
const byProject = (tree: SourceTree): PythonInstall | undefined => {
  const project = projectPackages(tree)
  if (project === undefined || (project.packages.length === 0 && tree.files.includes('Pipfile'))) return undefined
  const lock = ['uv.lock', 'poetry.lock', 'pdm.lock'].find((file) => tree.files.includes(file))
  const words = project.packages.map(({ written }) => shellWord(written)).join(' ')
  const pinned = `awk -F'"' '/^name = /{n=$2} /^version = /{print n"=="$2}' ${lock} | sort -u > /tmp/constraints.txt`
  const locked = `${pinned} && { ${PIP} -c /tmp/constraints.txt ${words} || ${PIP} ${words}; }`
  return {
    requirements: project.packages.map(({ written, place }) => requirementFrom(written, place)),
    command: words === '' ? undefined : lock === undefined ? `${PIP} ${words}` : locked,
    manifests: lock === undefined ? [] : [lock],
    evidence: [
      `pyproject.toml (${project.place}): pip install${lock ? `, in the versions of ${lock} if they fit` : ''}`,
    ],
  }
}

const byPipfile = (tree: SourceTree): PythonInstall | undefined => {
  const found = pipfilePackages(tree)
  if (found === undefined) return undefined
  const words = found.packages.map(({ written }) => shellWord(written)).join(' ')
  return {
    requirements: found.packages.map(({ written, place }) => requirementFrom(written, place)),
    command: words === '' ? undefined : `${PIP} ${words}`,
    manifests: [],
    evidence: [`${found.place}: pip install`],
  }
}

const requirementFrom = (written: string, place: string): Requirement => {
  const [requirement] = requirementOf({ file: place, text: written, line: 0 })
  return { name: requirement?.name ?? written, range: requirement?.range ?? '', place }
}

const bySetup = (tree: SourceTree): PythonInstall | undefined => {
  const file = ['setup.py', 'setup.cfg'].find((path) => /install_requires/.test(tree.text.get(path) ?? ''))
  if (file === undefined) return undefined
  return { requirements: [], command: `${PIP} .`, manifests: undefined, evidence: [`${file}: pip install .`] }
}

/** Only what is not there yet: nothing is fetched for a base image that has it. */
const byImports = (tree: SourceTree): PythonInstall => {
  const found = importedPackages(tree)
  const steps = found.map(
    ({ module, written }) => `{ python3 -c 'import ${module}' 2>/dev/null || ${PIP} ${shellWord(written)}; }`,
  )
  const names = found.map(({ written, place }) => `${written} (${place})`).join(', ')
  return {
    requirements: found.map(({ written, place }) => requirementFrom(written, place)),
    command: steps.length === 0 ? undefined : steps.join(' && '),
    manifests: [],
    evidence: [
      steps.length === 0
        ? 'no packages: only the standard library is imported'
        : `no requirements file; by its imports: ${names}`,
    ],
  }
}
