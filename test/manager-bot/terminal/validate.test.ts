import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LAUNCHER } from '../../helpers/launcher.ts'

const run = promisify(execFile)
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-validate-'))
})

afterEach(() => rm(directory, { recursive: true }))

const write = async (files: Record<string, string>) => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
}

/** Without a home, a Docker host or a token: it needs none of them. */
const validate = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  const env = { PATH: process.env.PATH, DOCKER_HOST: 'tcp://127.0.0.1:1', TBS_DATA_DIR: join(directory, 'data') }
  const command = [LAUNCHER, 'validate', ...args]
  const done = await run(process.execPath, command, { cwd: directory, env }).catch((error) => error)
  return { code: done.code ?? 0, out: done.stdout, err: done.stderr }
}

test('prints how the repository here would be built, with every reason', async () => {
  await write({ 'package.json': '{"scripts":{"start":"node bot.js"}}', 'bot.js': 'process.env.TG_TOKEN' })
  const { code, out, err } = await validate()
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toBe(`Built from       a generated Dockerfile for Node
Context          the whole repository
Start            ["node","bot.js"]
Token variable   TG_TOKEN
Other variables  none
Volumes          /app/data

- Node 24: no version is named, the newest LTS
- no lockfile: npm install
- start script: node bot.js (package.json:1)
- volume: /app/data, what the bot writes to data/ is kept
- token variable: TG_TOKEN (bot.js:1)
`)
  expect((await validate('--dockerfile')).out).toContain('\nFROM node:24-bookworm-slim\n')
})

test('says what a person has to give', async () => {
  await write({
    'package.json': '{"scripts":{"start":"node bot.js"}}',
    'bot.js': 'process.env.TG_TOKEN',
    '.env.example': 'TG_TOKEN=\nADMIN_ID=\nLEVEL=info\n',
    'config.example.json': '{}',
  })
  const { out } = await validate()
  expect(out).toContain('Other variables  LEVEL\n')
  expect(out).toContain('To be set        ADMIN_ID\nConfig files     config.json (as in config.example.json)\n')
})

test('looks at what git tracks, as a deploy would', async () => {
  await write({ 'main.py': 'import os', Dockerfile: 'FROM x\nCMD y' })
  await run('git', ['init', '--quiet'], { cwd: directory })
  await run('git', ['add', 'main.py'], { cwd: directory })
  expect((await validate()).out).toContain('a generated Dockerfile for Python')
  await run('git', ['add', 'Dockerfile'], { cwd: directory })
  expect((await validate('.', '--path', '.')).out).toContain('its own Dockerfile')
})

test('reads no link and no node_modules', async () => {
  await write({
    'bot/package.json': '{"main":"i.js"}',
    'bot/i.js': '',
    'bot/node_modules/a/Dockerfile': 'FROM x\nCMD y',
  })
  await writeFile(join(directory, 'secret'), 'BOT_TOKEN_OF_SOMEBODY')
  await symlink(join(directory, 'secret'), join(directory, 'bot/leak.js'))
  const { out } = await validate('bot', '--json')
  expect(JSON.parse(out)).toMatchObject({
    dockerfilePath: 'Dockerfile',
    release: { kind: 'node', tokenEnv: 'BOT_TOKEN' },
  })
  expect(out).not.toContain('SOMEBODY')
})

test('says what is wrong and what to do, and ends with 1', async () => {
  await write({ 'go.mod': '' })
  const { code, out, err } = await validate()
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(/^tbs-manager: Cannot tell how to build .*go\.mod, but Go.*\nAdd a Dockerfile/)
  const json = await validate('--json')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'cannot_detect' } })
  expect((await validate('nowhere')).err).toContain('nowhere is not a directory that can be read')
})
