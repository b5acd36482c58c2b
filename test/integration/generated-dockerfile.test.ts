import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { labelDockerfile } from '../../deploy-engine/image/label-dockerfile.ts'
import { type BuildPlan, planBuild } from '../../deploy-engine/image/plan.ts'
import { interesting } from '../../deploy-engine/image/source-tree.ts'
import { NO_CHOICES } from '../deploy-engine/image/trees.ts'
import { docker, objectsOf, removeAll } from '../helpers/docker.ts'

const run = promisify(execFile)

const INSTANCE = `tbs-t${randomBytes(4).toString('hex')}`
let scratch: string

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tbs-dockerfile-'))
})

afterAll(async () => {
  await removeAll(INSTANCE)
  await rm(scratch, { recursive: true, force: true })
  expect(await objectsOf(INSTANCE)).toEqual({ containers: [], images: [], networks: [], volumes: [] })
})

/** Says who it is and what it can write, as a bot's first lines would. */
const REPORT = `
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
mkdirSync('data', { recursive: true })
writeFileSync('data/db.json', '{}')
writeFileSync('beside-the-code.txt', '')
console.log(JSON.stringify({ uid: process.getuid(), home: process.env.HOME, data: statSync('data').uid }))
`
const AS_NODE = { uid: 1000, home: '/home/node', data: 1000 }

describe('plain JavaScript without a lockfile', () => {
  test('runs as uid 1000, writes to its directory and to a fresh volume', async () => {
    const image = await build('plain', {
      'package.json': { type: 'module', scripts: { start: 'node bot.js' }, dependencies: { ms: '^2.1.3' } },
      'bot.js': `import ms from 'ms'\n${REPORT}\nif (ms('1s') !== 1000) process.exit(1)`,
      'data/.gitkeep': '',
      '.env': 'LEAKED=1',
      '.git/config': 'x',
    })
    expect(image.plan.release.volumes).toEqual(['/app/data'])
    expect(JSON.parse(await image.run({ volume: '/app/data' }))).toEqual(AS_NODE)
    // A volume keeps what the first container wrote.
    expect(await image.run({ volume: '/app/data', command: ['ls', '-A', 'data'] })).toBe('.gitkeep\ndb.json')
    expect(await image.run({ command: ['ls', '-A'] })).not.toMatch(/^\.(env|git)$/m)
  })
})

describe('TypeScript with a build step and package-lock.json', () => {
  const files = {
    'package.json': {
      type: 'module',
      scripts: { build: 'tsc', start: 'node dist/index.js' },
      devDependencies: { typescript: '5.9.3', '@types/node': '^20.19.0' },
    },
    'tsconfig.json': {
      compilerOptions: { outDir: 'dist', module: 'nodenext', target: 'es2022', strict: true, types: ['node'] },
    },
    'src/index.ts': `${REPORT.replace('process.getuid()', 'process.getuid?.()')}
const token: string | undefined = process.env.TELEGRAM_TOKEN
console.log(token === undefined ? 'no token' : 'token', process.env.BOT_MODE)`,
    '.env.example': 'TELEGRAM_TOKEN=123:abc\nBOT_MODE=polling\n',
  }

  test('is compiled in the image and finds its variables', async () => {
    const image = await build('typescript', files, { lock: true })
    const { release } = image.plan
    expect(release).toMatchObject({ tokenEnv: 'TELEGRAM_TOKEN', env: { BOT_MODE: 'polling' } })
    const [report, ...rest] = (
      await image.run({ volume: '/app/data', env: { TELEGRAM_TOKEN: '1:a', ...release.env } })
    ).split('\n')
    expect(JSON.parse(report ?? '')).toEqual(AS_NODE)
    expect(rest).toEqual(['token polling'])
  })

  test('a changed source file leaves the layer of packages as it was', async () => {
    const changed = { ...files, 'src/index.ts': 'console.log("changed")' }
    const image = await build('typescript', changed, { lock: true })
    expect(image.output).toMatch(/npm ci[\s\S]*?---> Using cache[\s\S]*COPY/)
    expect(await image.run({})).toBe('changed')
  })

  test('a compile error is in the output, and its layers carry our label', async () => {
    const broken = build('typescript', { ...files, 'src/index.ts': 'const n: number = "x"' }, { lock: true })
    await expect(broken).rejects.toThrow(/src\/index\.ts\(1,7\): error TS2322/)
    const filters = { label: [`tbs.instance=${INSTANCE}`], dangling: ['true'] }
    expect(await docker.listImages({ filters })).not.toEqual([])
  })
})

describe('a lockfile that does not fit package.json', () => {
  test('npm install takes the place of npm ci', async () => {
    const image = await build('out-of-sync', {
      'package.json': { scripts: { start: 'node bot.js' }, dependencies: { ms: '^2.1.3' } },
      'package-lock.json': { name: 'bot', lockfileVersion: 3, requires: true, packages: { '': { name: 'bot' } } },
      'bot.js': "console.log(require('ms')('1s'))",
    })
    expect(image.output).toMatch(/^package-lock.json is out of sync: npm install$/m)
    expect(await image.run({})).toBe('1000')
  })

  test('but not where npm ci fails for another reason', async () => {
    const broken = build('missing-package', {
      'package.json': { name: 'bot', version: '1.0.0', scripts: { start: 'node bot.js', postinstall: 'exit 7' } },
      'package-lock.json': {
        name: 'bot',
        version: '1.0.0',
        lockfileVersion: 3,
        requires: true,
        packages: { '': { name: 'bot', version: '1.0.0' } },
      },
    })
    const error = await broken.then(
      () => undefined,
      (thrown: Error) => thrown,
    )
    expect(error?.message).toContain('npm error')
    expect(error?.message).not.toMatch(/^package-lock.json is out of sync: npm install$/m)
  })
})

describe('other package managers', () => {
  test('yarn 1', async () => {
    const image = await build('yarn', {
      'package.json': { scripts: { build: 'yarn hello', hello: 'echo hi > built', start: 'node bot.js' } },
      'yarn.lock': '# yarn lockfile v1\n',
      'bot.js': "console.log(require('node:fs').readFileSync('built', 'utf8'))",
    })
    expect(await image.run({})).toBe('hi')
  })

  test('pnpm, also where the start script calls it and the registry is away', async () => {
    const image = await build('pnpm', {
      'package.json': { scripts: { hello: 'echo hi', start: 'pnpm run hello && node bot.js' } },
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\nimporters:\n  .: {}\n",
      'bot.js': "console.log('started')",
    })
    const output = await image.run({ network: 'none' })
    expect(output).toMatch(/^hi$[\s\S]*^started$/m)
  })
})

test('yarn 4, whose archives Node could not read, puts packages into node_modules', async () => {
  const image = await build('berry', {
    'package.json': { scripts: { start: 'node bot.js' }, dependencies: { ms: '^2.1.3' }, packageManager: 'yarn@4.1.0' },
    'yarn.lock': '',
    '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn-4.1.0.cjs\n',
    'bot.js': "console.log(require('ms')('1s'))",
  })
  expect(await image.run({})).toBe('1000')
})

test('Bun installs and runs what its template makes', async () => {
  const image = await build('bun', {
    'package.json': { module: 'index.ts', type: 'module', dependencies: { ms: '^2.1.3' } },
    'bun.lock':
      '{ "lockfileVersion": 1, "workspaces": { "": { "dependencies": { "ms": "^2.1.3" } } }, "packages": {} }',
    'index.ts': "import ms from 'ms'\nconst told: string = typeof Bun + ms('1s')\nconsole.log(told)",
  })
  expect(await image.run({})).toBe('object1000')
})

test('a package of a workspace finds the one beside it, built', async () => {
  const files = {
    'package.json': { private: true },
    'pnpm-workspace.yaml': 'packages: ["apps/*", "libs/*"]\n',
    'apps/bot/package.json': { scripts: { start: 'node bot.js' }, dependencies: { '@x/core': 'workspace:*' } },
    'apps/bot/bot.js': `console.log(require('@x/core'), process.cwd()); require('fs').writeFileSync('x', '')`,
    'libs/core/package.json': { name: '@x/core', main: 'made.js', scripts: { build: 'cp source.js made.js' } },
    'libs/core/source.js': "module.exports = 'core'",
    'pnpm-lock.yaml': "lockfileVersion: '9.0'\nimporters:\n  .: {}\n",
  }
  const image = await build('workspace', files, { path: 'apps/bot' })
  expect(await image.run({})).toBe('core /app/apps/bot')
})

test.each([
  'RUN --mount=type=cache,target=/x ls',
  'RUN --network=none ls',
  'RUN <<EOF\nls\nEOF',
  'COPY <<EOF /f\nx\nEOF',
  'COPY --chmod=755 Dockerfile /f',
  'COPY --link Dockerfile /f',
  'ARG TARGETARCH\nRUN test -n "$TARGETARCH"',
])('what is said to need BuildKit is refused by the classic builder: %s', async (lines) => {
  const directory = join(scratch, `buildkit-${randomBytes(4).toString('hex')}`)
  await write(directory, { Dockerfile: `FROM node:24-bookworm-slim\nLABEL tbs.instance=${INSTANCE}\n${lines}\nCMD x` })
  expect((await planOf(directory)).buildkit).toBeDefined()
  await expect(dockerBuild(directory, `${INSTANCE}/buildkit`)).rejects.toThrow()
})

test('install scripts see the sources', async () => {
  const image = await build('postinstall', {
    'package.json': { scripts: { postinstall: 'node make.js', start: 'node made.js' } },
    'make.js': "require('node:fs').writeFileSync('made.js', 'console.log(1)')",
  })
  expect(await image.run({})).toBe('1')
})

test('labels after FROM arrive as they are, whatever is in them', async () => {
  const labels = { 'tbs.instance': INSTANCE, odd: "x\"y\\z $HOME `w` 'v' $A é" }
  for (const [index, start] of ['FROM', '# escape=`\nFROM'].entries()) {
    const text = labelDockerfile(`${start} node:24-bookworm-slim AS base\nCMD ["x"]`, labels)
    const directory = join(scratch, `labels-${index}`)
    await write(directory, { Dockerfile: text })
    const tag = `${INSTANCE}/labels:${index}`
    await dockerBuild(directory, tag)
    const { Config } = await docker.getImage(tag).inspect()
    expect(Config.Labels).toMatchObject(labels)
  }
})

type Files = Record<string, string | object>

type Built = { plan: BuildPlan; output: string; run: (options: RunOptions) => Promise<string> }

type Options = { lock?: boolean; path?: string | null }

type RunOptions = { volume?: string; command?: string[]; env?: Record<string, string>; network?: string }

/** Writes a repository, plans it as the engine does, and builds it with the classic builder. */
const build = async (name: string, files: Files, { lock = false, path = null }: Options = {}): Promise<Built> => {
  const directory = join(scratch, name)
  await write(directory, files)
  if (lock) await run('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: directory })
  const plan = await planOf(directory, path)
  const dockerfile = labelDockerfile(plan.dockerfile, { 'tbs.instance': INSTANCE })
  await write(directory, { [plan.dockerfilePath]: dockerfile, '.dockerignore': plan.ignore ?? '' })
  const tag = `${INSTANCE}/${name}`
  const output = await dockerBuild(directory, tag)
  await rm(join(directory, plan.dockerfilePath))
  return { plan, output, run: (options) => runImage(tag, name, options) }
}

const write = async (directory: string, files: Files): Promise<void> => {
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  }
}

const planOf = async (directory: string, path: string | null = null): Promise<BuildPlan> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const paths = files.map((file) => file.slice(directory.length + 1)).sort()
  const texts = paths
    .filter(interesting)
    .map(async (path) => [path, await readFile(join(directory, path), 'utf8')] as const)
  return planBuild({ files: paths, text: new Map(await Promise.all(texts)) }, { ...NO_CHOICES, path })
}

const dockerBuild = async (directory: string, tag: string): Promise<string> => {
  const args = ['build', '--force-rm', '--tag', tag, directory]
  try {
    const { stdout, stderr } = await run('docker', args, { env: { ...process.env, DOCKER_BUILDKIT: '0' } })
    return stripVTControlCharacters(stdout + stderr)
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(stripVTControlCharacters(stdout + stderr), { cause: error })
  }
}

/** Runs a container to its end, hardened as the engine does it; gives what it printed. */
const runImage = async (tag: string, name: string, options: RunOptions): Promise<string> => {
  const { volume, command = [], env = {}, network = 'bridge' } = options
  const volumeName = `${INSTANCE}-${name}`
  if (volume) await run('docker', ['volume', 'create', '--label', `tbs.instance=${INSTANCE}`, volumeName])
  const { stdout } = await run('docker', [
    ...['run', '--rm', '--init', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    ...['--label', `tbs.instance=${INSTANCE}`, '--network', network],
    ...(volume ? ['--volume', `${volumeName}:${volume}`] : []),
    ...Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...[tag, ...command],
  ])
  return stdout.trim()
}
