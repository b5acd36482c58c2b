import { PRODUCT, type SourceFile, withoutStrings } from './sources.ts'

export type Rule = {
  name: string
  because: string
  /** What is wrong, one line per place. */
  violations: (files: SourceFile[]) => string[]
}

const ARROWS: Record<string, string[]> = {
  'manager-bot': ['deploy-engine'],
  'deploy-engine': [],
  'telegram-sandbox': [],
  templates: ['runtime'],
  runtime: [],
  demo: PRODUCT,
}

const arrows: Rule = {
  name: 'folders import only along the arrows',
  because: 'the engine also serves the terminal, the sandbox stands alone, and nothing may depend on the demo',
  violations: (files) =>
    eachImport(files, ({ folder }, { target, own }) => {
      const to = target.split('/')[0] ?? ''
      const allowed = ARROWS[folder]
      return own && allowed !== undefined && to !== folder && !allowed.includes(to)
    }),
}

const engineDoor: Rule = {
  name: 'the engine is entered through index.ts',
  because: 'what lies behind deploy-engine/index.ts may change without manager-bot noticing',
  violations: (files) =>
    eachImport(
      files,
      ({ folder }, { target }) =>
        folder === 'manager-bot' && target.startsWith('deploy-engine/') && target !== 'deploy-engine/index.ts',
    ),
}

const ioDoor: Rule = {
  name: 'inside the engine only open-engine.ts imports io/',
  because: 'everything else speaks to the world through ports, so that it can be tested without it',
  violations: (files) =>
    eachImport(
      files,
      ({ path }, { target }) =>
        inside('deploy-engine/io')(target) &&
        inside('deploy-engine')(path) &&
        !inside('deploy-engine/io')(path) &&
        path !== 'deploy-engine/open-engine.ts',
    ),
}

const CLIENTS = ['dockerode', 'docker-modem', 'typeorm', 'ioredis', 'bullmq', 'telegraf', 'node-ssh', 'ssh2']

const pureBuilders: Rule = {
  name: 'pure builders import no client library',
  because: 'image/ and *-spec.ts build plain data that can be tested, logged and printed',
  violations: (files) =>
    eachImport(
      files,
      ({ path }, { target }) =>
        (inside('deploy-engine/image')(path) || (inside('deploy-engine')(path) && path.endsWith('-spec.ts'))) &&
        CLIENTS.includes(target),
    ),
}

const queueDoor: Rule = {
  name: 'only manager-bot/queue.ts imports bullmq',
  because: 'the queue carries ids and nothing else; what it is made of stays in one file',
  violations: (files) =>
    eachImport(product(files), ({ path }, { target }) => target === 'bullmq' && path !== 'manager-bot/queue.ts'),
}

const noCircles: Rule = {
  name: 'no circles',
  because: 'files that import each other can only be understood, tested and loaded together',
  violations: (files) => circles(files).map((circle) => circle.join(' -> ')),
}

// The second is for the health check, which loads nothing else; the third passes PATH, proxies and certificates to git.
const ENVIRONMENT_READERS = ['manager-bot/config.ts', 'manager-bot/data-dir.ts', 'deploy-engine/io/git.ts']
const CONFIGURED = ['manager-bot', 'deploy-engine', 'telegram-sandbox', 'demo']

const environment: Rule = {
  name: 'only manager-bot/config.ts reads process.env',
  because: 'every variable is checked in one place, and a wrong one stops the start with its name',
  violations: (files) =>
    eachMatch(
      files.filter(({ path, folder }) => CONFIGURED.includes(folder) && !ENVIRONMENT_READERS.includes(path)),
      ({ code }) => withoutStrings(code),
      /\bprocess\s*\??\.\s*env\b/g,
    ),
}

const clockAndChance: Rule = {
  name: 'the engine gets clock and randomness as arguments',
  because: 'time is then a value that a test can choose; only io/ asks the real one',
  violations: (files) =>
    eachMatch(
      files.filter(({ path, folder }) => folder === 'deploy-engine' && !inside('deploy-engine/io')(path)),
      ({ code }) => withoutStrings(code),
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|(?<![.\w])set(?:Timeout|Interval)\(/g,
    ),
}

const noAny: Rule = {
  name: 'no any',
  because: 'it turns the checks off for everything that it touches',
  violations: (files) =>
    eachMatch(
      files.filter(isTypeScript),
      ({ code }) => withoutStrings(code),
      /(?::|\bas|<|,|\||=)\s*any\b(?!\s*[(:.])/g,
    ),
}

const noIgnored: Rule = {
  name: 'no ignored type errors',
  because: 'the compiler is right more often than the comment',
  violations: (files) =>
    eachMatch(files.filter(isTypeScript), ({ comments }) => comments.join('\n'), /@ts-(?:ignore|nocheck)/g),
}

const MAX_COLUMNS = 120

const lineLength: Rule = {
  name: `lines of at most ${MAX_COLUMNS} characters`,
  because: 'two files fit beside each other',
  violations: (files) =>
    files.flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) => (line.length > MAX_COLUMNS ? [`${path}:${index + 1} has ${line.length}`] : [])),
    ),
}

const MAX_LINES = 300

const fileLength: Rule = {
  name: `product files of at most ${MAX_LINES} lines`,
  because: 'a longer one holds more than one idea',
  violations: (files) =>
    product(files)
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES)
      .map(({ path, lines }) => `${path} has ${lines}`),
}

const EXPORTED = /\bexport\s+(?:default\s+)?(?:async\s+)?(?:const|let|function\*?|class|type|interface)\s+(\w+)/g

const names: Rule = {
  name: 'no Manager, Service, Helper, Util or Factory',
  because: 'such a name says what kind of thing it is and not what it does',
  violations: (files) =>
    product(files).flatMap(({ path, code }) =>
      [...code.matchAll(EXPORTED)].flatMap(([, name = '']) =>
        /(?:Manager|Service|Helper|Utils?|Factory)$/.test(name) ? [`${path} exports ${name}`] : [],
      ),
    ),
}

const drawers: Rule = {
  name: 'no file for odds and ends',
  because: 'a helper lives beside its caller until a second one exists',
  violations: (files) =>
    product(files).flatMap(({ path }) =>
      /\/(?:utils?|helpers?|types|constants|misc|common)\.ts$/.test(path) ? [path] : [],
    ),
}

export const RULES: Rule[] = [
  arrows,
  engineDoor,
  ioDoor,
  pureBuilders,
  queueDoor,
  noCircles,
  environment,
  clockAndChance,
  noAny,
  noIgnored,
  lineLength,
  fileLength,
  names,
  drawers,
]

const inside = (folder: string) => (path: string) => path.startsWith(`${folder}/`)

const product = (files: SourceFile[]): SourceFile[] => files.filter(({ folder }) => PRODUCT.includes(folder))

const isTypeScript = ({ path }: SourceFile): boolean => path.endsWith('.ts')

const eachImport = (
  files: SourceFile[],
  isWrong: (file: SourceFile, imported: SourceFile['imports'][number]) => boolean,
): string[] =>
  files.flatMap((file) =>
    file.imports.filter((imported) => isWrong(file, imported)).map(({ target }) => `${file.path} imports ${target}`),
  )

const eachMatch = (files: SourceFile[], part: (file: SourceFile) => string, wrong: RegExp): string[] =>
  files.flatMap((file) => [...part(file).matchAll(wrong)].map(([found]) => `${file.path} has ${found.trim()}`))

/** Each circle once, beginning with its first file in alphabetical order. */
const circles = (files: SourceFile[]): string[][] => {
  const imports = new Map(files.map(({ path, imports }) => [path, imports.map(({ target }) => target)]))
  const done = new Set<string>()
  const found: string[][] = []
  const visit = (path: string, way: string[]): void => {
    const start = way.indexOf(path)
    if (start >= 0) found.push([...way.slice(start), path])
    if (start >= 0 || done.has(path)) return
    for (const next of imports.get(path) ?? []) visit(next, [...way, path])
    done.add(path)
  }
  for (const path of imports.keys()) visit(path, [])
  return found
}
