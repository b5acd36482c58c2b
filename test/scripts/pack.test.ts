import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
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

  test('is kept in memory at one byte for each character of it', async () => {
    const dist = join(install, 'node_modules', 'tbs-manager', 'dist')
    const names = (await readdir(dist)).filter((name) => name.endsWith('.mjs'))
    const texts = await Promise.all(names.map((name) => readFile(join(dist, name), 'utf8')))
    expect(names.filter((_, index) => /[^\0-\x7f]/.test(texts[index] ?? ''))).toEqual([])
    expect(texts.length).toBeGreaterThan(1)
  })

  test('asks its first question within 3 s, without anything native, and is below 3 MB', {
    timeout: TIMEOUT_MS,
    // The machine may be busy just then.
    retry: 2,
  }, async () => {
    const hook = join(directory, 'native.cjs')
    await writeFile(hook, "process.dlopen = (_, file) => { throw new Error('native: ' + file) }\n")
    const env = { ...here.env, NODE_OPTIONS: `--require=${hook}`, TERM: 'xterm' }
    const begun = performance.now()
    const command = [
      '--quiet',
      '--return',
      '--command',
      'stty cols 100 rows 30; exec npx --no-install tbs-manager install',
      '/dev/null',
    ]
    const child = spawn('script', command, { cwd: install, env, stdio: ['pipe', 'pipe', 'pipe'] })
    let printed = ''
    const ms = await new Promise<number>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        printed += String(chunk)
        if (printed.includes('On which server?')) resolve(performance.now() - begun)
      })
      child.once('close', () => reject(new Error(printed)))
    })
    const ended = once(child, 'close')
    // Ctrl-C at a question.
    child.stdin.write('\x03')
    expect((await ended)[0], printed).toBe(130)
    expect(printed).toContain('Stopped.')
    const { size } = await stat(here.tarball)
    console.log(`first question after ${Math.round(ms)} ms, package of ${(size / 1e6).toFixed(2)} MB`)
    expect(ms).toBeLessThan(3000)
    expect(size).toBeLessThan(3e6)
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

  test('holds every template, page, document and file for Docker', async () => {
    const { stdout } = await run('tar', ['-tzf', here.tarball])
    const held = stdout.split('\n').map((path) => path.replace(/^package\//, ''))
    const { stdout: tracked } = await run('git', ['ls-files', 'docker', 'templates', 'docs', 'bin'], { cwd: ROOT })
    const page = (await readdir(join(ROOT, 'telegram-sandbox/page'))).filter((file) => !file.endsWith('.ts'))
    // npm never packs a .gitignore.
    const own = tracked.split('\n').filter((path) => path !== '' && !path.endsWith('.gitignore'))
    expect(held).toEqual(
      expect.arrayContaining([...own, ...['cli.mjs', 'demo.mjs', ...page].map((file) => `dist/${file}`)]),
    )
  })
})
