import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Diagnosis } from '../../../deploy-engine/index.ts'
import { LAUNCHER } from '../../helpers/launcher.ts'
import { type InstallationBench, installationBench } from '../installation-bench.ts'

let bench: InstallationBench

beforeEach(async () => {
  bench = await installationBench()
})

afterEach(() => bench.close())

const keyFile = () => `${bench.dataDir}.key`

/** An installation without a manager that runs. */
const install = async () => {
  expect((await bench.run(['bots'])).code).toBe(0)
  await chmod(bench.dataDir, 0o700)
}

const examined = async (...more: string[]): Promise<{ code: number | null; findings: Diagnosis[] }> => {
  const { code, out, err } = await bench.run(['doctor', '--json', ...more])
  if (!out.startsWith('{')) throw new Error(out + err)
  const { findings }: { findings: Diagnosis[] } = JSON.parse(out)
  return { code, findings }
}

const badOf = (findings: readonly Diagnosis[]) => findings.filter(({ state }) => state === 'bad')

test('before anything is installed it says so, and makes nothing', async () => {
  const { code, findings } = await examined()
  expect(code).toBe(0)
  expect(findings.find(({ check }) => check === 'database')?.found).toBe(
    `There is no installation in ${bench.dataDir} yet`,
  )
  expect(findings.find(({ check }) => check === 'token')).toMatchObject({ state: 'ok' })
  expect(await readdir(dirname(bench.dataDir))).toEqual([])
})

test('where all is well it ends with 0, as text and as data', async () => {
  await install()
  const { code, out, err } = await bench.run(['doctor'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^⚠ Manager: No manager is running/m)
  expect(out).toMatch(/^\d+ more checks are fine:$/m)
  expect(out).toMatch(/^✓ The database is whole and as it should be$/m)
  const { findings } = await examined()
  expect(findings.length).toBeGreaterThan(17)
  for (const asked of ['clock', 'dns', 'telegram', 'token', 'docker']) {
    expect(findings.find(({ check }) => check === asked)).toMatchObject({ state: 'ok' })
  }
  expect(badOf(findings)).toEqual([])
})

test('without Docker, Telegram and a readable database it finds the rest all the same, and ends with 1', async () => {
  await install()
  await writeFile(join(bench.dataDir, 'tbs.sqlite'), 'this is no database, and was never one'.repeat(100))
  await rm(join(bench.dataDir, 'tbs.sqlite-wal'), { force: true })
  bench.environment.DOCKER_HOST = 'unix:///nowhere.sock'
  bench.environment.TELEGRAM_API_ROOT = 'http://127.0.0.1:1'
  await chmod(keyFile(), 0o644)
  const { code, findings } = await examined()
  expect(code).toBe(1)
  expect(
    badOf(findings)
      .map(({ check }) => check)
      .sort(),
  ).toEqual(['database', 'docker', 'keys', 'telegram'])
  expect(findings.find(({ check }) => check === 'database')?.found).toMatch(/can’t be opened: .*not a database/)
  const mended = await bench.run(['doctor', '--fix', '--yes'])
  expect(mended.out).toMatch(/Done, and looked at again: Only their owner can read/)
  expect((await stat(keyFile())).mode & 0o777).toBe(0o600)
})

test('a key that is missing is said, and no new one takes its place', async () => {
  await install()
  await rm(keyFile())
  const { code, findings } = await examined()
  expect(code).toBe(1)
  expect(badOf(findings)).toMatchObject([{ found: `The key file ${keyFile()} is missing` }])
  await expect(stat(keyFile())).rejects.toThrow('ENOENT')
})

test('--fix does nothing that nobody wanted; with --yes it does it, and writes it down', async () => {
  await install()
  await chmod(keyFile(), 0o644)
  const unasked = await bench.run(['doctor', '--fix'])
  expect(unasked.code).toBe(1)
  expect(unasked.err).toContain(
    `Not done, since nobody could be asked (--yes does it): Set the mode of ${keyFile()} to 0600`,
  )
  expect((await stat(keyFile())).mode & 0o777).toBe(0o644)
  const { code, findings } = await examined('--fix', '--yes')
  expect(code).toBe(0)
  expect(badOf(findings)).toEqual([])
  expect((await stat(keyFile())).mode & 0o777).toBe(0o600)
  const { out } = await bench.run(['audit', '--json'])
  expect(out).toMatch(/"verb":"doctor".*"fix":"keys".*"result":"done"/)
})

test('in a terminal each is asked for, and only y does it', async () => {
  await install()
  await chmod(keyFile(), 0o644)
  await chmod(bench.dataDir, 0o755)
  const command = ['-qec', `${process.execPath} ${LAUNCHER} doctor --fix`, '/dev/null']
  const child = spawn('script', command, { env: bench.environment, stdio: ['pipe', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += String(chunk)
  })
  const ended = once(child, 'close')
  const answers = { '0600? [y/N]': 'n\n', '0700? [y/N]': 'y\n' }
  for (const [question, answer] of Object.entries(answers)) {
    await vi.waitFor(() => expect(out).toContain(question), { timeout: 30_000 })
    child.stdin.write(answer)
  }
  await ended
  expect((await stat(keyFile())).mode & 0o777).toBe(0o644)
  expect((await stat(bench.dataDir)).mode & 0o777).toBe(0o700)
})
