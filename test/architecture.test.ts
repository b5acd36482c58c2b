import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RULES } from './architecture/rules.ts'
import { readSources } from './architecture/sources.ts'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

describe('this tree keeps the rule:', () => {
  const files = readSources(ROOT)
  for (const { name, because, violations } of RULES) {
    test(name, () => expect(violations(files), because).toEqual([]))
  }
})

// One tree per way to break a rule: the files, and what is said about them.
const BROKEN: [rule: string, files: Record<string, string>, said: string][] = [
  [
    'folders import only along the arrows',
    { 'deploy-engine/deploy.ts': "import type { Chat } from '../manager-bot/chat.ts'" },
    'deploy-engine/deploy.ts imports manager-bot/chat.ts',
  ],
  [
    'folders import only along the arrows',
    { 'telegram-sandbox/api/server.ts': "export * from '../../deploy-engine/index.ts'" },
    'telegram-sandbox/api/server.ts imports deploy-engine/index.ts',
  ],
  [
    'folders import only along the arrows',
    { 'manager-bot/serve.ts': "const demo = await import('../demo/main.ts')" },
    'manager-bot/serve.ts imports demo/main.ts',
  ],
  [
    'folders import only along the arrows',
    { 'manager-bot/serve.ts': "type Helper = import('../test/helpers/chat.ts').Chat" },
    'manager-bot/serve.ts imports test/helpers/chat.ts',
  ],
  [
    'the engine is entered through index.ts',
    { 'manager-bot/serve.ts': "import { deploy } from '../deploy-engine/operations/deploy.ts'" },
    'manager-bot/serve.ts imports deploy-engine/operations/deploy.ts',
  ],
  [
    'inside the engine only open-engine.ts imports io/',
    {
      'deploy-engine/open-engine.ts': "import { git } from './io/git.ts'",
      'deploy-engine/io/docker.ts': "import { files } from './files.ts'",
      'deploy-engine/operations/deploy.ts': "import { git } from '../io/git.ts'",
    },
    'deploy-engine/operations/deploy.ts imports deploy-engine/io/git.ts',
  ],
  [
    'pure builders import no client library',
    { 'deploy-engine/container/container-spec.ts': "import type { ContainerCreateOptions } from 'dockerode'" },
    'deploy-engine/container/container-spec.ts imports dockerode',
  ],
  [
    'pure builders import no client library',
    { 'deploy-engine/image/dockerfile.ts': "import Redis from 'ioredis/built/Redis'" },
    'deploy-engine/image/dockerfile.ts imports ioredis',
  ],
  [
    'only manager-bot/queue.ts imports bullmq',
    {
      'manager-bot/queue.ts': "import { Queue } from 'bullmq'",
      'manager-bot/serve.ts': "import type { Job } from 'bullmq'",
    },
    'manager-bot/serve.ts imports bullmq',
  ],
  [
    'no circles',
    {
      'deploy-engine/a.ts': "import { b } from './b.ts'",
      'deploy-engine/b.ts': "import { c } from './c.ts'",
      'deploy-engine/c.ts': "import type { A } from './a.ts'",
    },
    'deploy-engine/a.ts -> deploy-engine/b.ts -> deploy-engine/c.ts -> deploy-engine/a.ts',
  ],
  [
    'only manager-bot/config.ts reads process.env',
    { 'manager-bot/config.ts': 'process.env.A', 'demo/main.ts': "const home = process.env['HOME']" },
    'demo/main.ts has process.env',
  ],
  [
    'the engine gets clock and randomness as arguments',
    { 'deploy-engine/io/clock.ts': 'Date.now()', 'deploy-engine/gate.ts': 'const started = Date.now()' },
    'deploy-engine/gate.ts has Date.now(',
  ],
  [
    'the engine gets clock and randomness as arguments',
    { 'deploy-engine/gate.ts': 'clock.setTimeout(f); setTimeout(f, 10)' },
    'deploy-engine/gate.ts has setTimeout(',
  ],
  [
    'the engine gets clock and randomness as arguments',
    { 'deploy-engine/gate.ts': 'const id = Math.random()' },
    'deploy-engine/gate.ts has Math.random(',
  ],
  ['no any', { 'demo/main.ts': 'const x: any = 1' }, 'demo/main.ts has : any'],
  ['no any', { 'demo/main.ts': 'f(x as any)' }, 'demo/main.ts has as any'],
  ['no any', { 'demo/main.ts': "const m = new Map<string, any>() // not ': any'" }, 'demo/main.ts has , any'],
  ['no ignored type errors', { 'demo/main.ts': '// @ts-ignore\nconst x = 1' }, 'demo/main.ts has @ts-ignore'],
  ['lines of at most 120 characters', { 'demo/main.ts': `\n${'x'.repeat(121)}` }, 'demo/main.ts:2 has 121'],
  ['product files of at most 300 lines', { 'demo/main.ts': '\n'.repeat(301) }, 'demo/main.ts has 301'],
  [
    'no Manager, Service, Helper, Util or Factory',
    { 'manager-bot/jobs.ts': 'export class JobManager {}\nexport const manager = 1' },
    'manager-bot/jobs.ts exports JobManager',
  ],
  ['no file for odds and ends', { 'manager-bot/chat/utils.ts': '' }, 'manager-bot/chat/utils.ts'],
]

describe('broken on purpose, each rule is seen:', () => {
  for (const [name, files, said] of BROKEN) {
    test(`${name}: ${said}`, () => {
      const rule = RULES.find((each) => each.name === name)
      expect(rule?.violations(readSources(treeOf(files)))).toEqual([said])
    })
  }

  test('and none is left out', () => {
    expect(new Set(BROKEN.map(([rule]) => rule))).toEqual(new Set(RULES.map(({ name }) => name)))
  })

  test('comments and strings are not code', () => {
    const text = "// import x from 'bullmq'\n/* : any */ const s = 'as any'\nconst url = 'http://x' // Date.now()"
    const files = readSources(treeOf({ 'deploy-engine/a.ts': text }))
    expect(RULES.flatMap(({ violations }) => violations(files))).toEqual([])
  })
})

const treeOf = (files: Record<string, string>): string => {
  const root = mkdtempSync(join(tmpdir(), 'tbs-architecture-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}
