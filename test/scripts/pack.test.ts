import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Packed, packed } from '../helpers/packed.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TIMEOUT_MS = 120_000
const run = promisify(execFile)

describe('the packed tarball, installed in an empty directory', () => {
  let directory: string
  let install: string
  let here: Packed

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tbs-pack-'))
    here = await packed(directory)
    install = here.install
  }, TIMEOUT_MS)

  afterAll(() => rm(directory, { recursive: true, force: true }))

  test('runs --help through npx, and loads nothing native for it', { timeout: TIMEOUT_MS }, async () => {
    const hook = join(directory, 'native.cjs')
    await writeFile(hook, "process.dlopen = (_, file) => { throw new Error('native: ' + file) }\n")
    const env = { ...here.env, NODE_OPTIONS: `--require=${hook}` }
    const { stdout, stderr } = await run('npx', ['--no-install', 'tbs-manager', '--help'], { cwd: install, env })
    expect(stderr).toBe('')
    expect(stdout).toMatch(/Usage: tbs-manager/)
    expect(stdout).toMatch(/\bdeploy\b/)
  })

  test('brings no other package and no source along', async () => {
    expect((await readdir(join(install, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual([
      'tbs-manager',
    ])
    const files = await readdir(join(install, 'node_modules/tbs-manager'))
    expect(files).toEqual(expect.arrayContaining(['bin', 'dist', 'package.json', 'README.md', 'LICENSE']))
    expect(files).not.toContain('manager-bot')
    expect(files).not.toContain('tsconfig.json')
  })

  test('holds the files that the page of the demo reads', async () => {
    const dist = await readdir(join(install, 'node_modules/tbs-manager/dist'))
    const page = (await readdir(join(ROOT, 'telegram-sandbox/page'))).filter((file) => !file.endsWith('.ts'))
    expect(dist).toEqual(expect.arrayContaining(['cli.mjs', 'demo.mjs', ...page]))
  })
})
