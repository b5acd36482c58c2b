import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { labelDockerfile } from '../../deploy-engine/image/label-dockerfile.ts'
import { planBuild } from '../../deploy-engine/image/plan.ts'
import { NO_CHOICES, treeOf } from '../deploy-engine/image/trees.ts'
import { removeAll } from '../helpers/docker.ts'

// Where no binary can be fetched these packages are compiled, which takes minutes on a small machine.

const run = promisify(execFile)
const INSTANCE = `tbs-t${randomBytes(4).toString('hex')}`
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-native-'))
})

afterAll(async () => {
  await removeAll(INSTANCE)
  await rm(directory, { recursive: true })
})

test('native packages are there in an image without a compiler, on Node 24', async () => {
  const files = {
    'package.json': {
      scripts: { start: 'node bot.js' },
      dependencies: { 'better-sqlite3': '^12.0.0', bcrypt: '5.1.1' },
    },
    'bot.js': `
const db = new (require('better-sqlite3'))('data/bot.sqlite3')
console.log(db.prepare('select 40 + 2 as sum').get().sum, require('bcrypt').hashSync('x', 4).length)
console.log(require('node:fs').existsSync('/usr/bin/g++') ? 'compiler' : 'no compiler')`,
  }
  const plan = planBuild(treeOf(files), NO_CHOICES)
  for (const [path, content] of Object.entries(files)) {
    await writeFile(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  await writeFile(join(directory, 'Dockerfile'), labelDockerfile(plan.dockerfile, { 'tbs.instance': INSTANCE }))
  await writeFile(join(directory, '.dockerignore'), plan.ignore ?? '')
  const tag = `${INSTANCE}/native`
  const env = { ...process.env, DOCKER_BUILDKIT: '0' }
  await run('docker', ['build', '--force-rm', '--tag', tag, directory], { env, maxBuffer: 64 * 1024 * 1024 })
  const hardened = ['--cap-drop', 'ALL', '--network', 'none', '--label', `tbs.instance=${INSTANCE}`]
  const { stdout } = await run('docker', ['run', '--rm', '--init', ...hardened, tag])
  expect(stdout.trim().split('\n')).toEqual(['42 60', 'no compiler'])
})
