#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { outcomeOfProgram, outcomeOfTests, summary } from './test/summary.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const OUTPUT = join(ROOT, 'test-output')
const GRACE_MS = 20_000

/** @typedef {{ name: string, programs: string[][] } | { name: string, projects: string[] }} Stage */

/** @type {Stage[]} */
const CHECKS = [
  {
    name: 'typecheck',
    programs: [
      ['tsc', '--noEmit'],
      ['tsc', '--noEmit', '-p', 'scripts'],
    ],
  },
  {
    name: 'lint',
    programs: [
      ['biome', 'check', '.'],
      ['knip', '--config', 'scripts/knip.json'],
    ],
  },
]

/** @type {Stage[]} */
const TESTS = [
  { name: 'architecture', projects: ['architecture'] },
  { name: 'unit', projects: ['unit'] },
  // At the same time, since a test of the browser mostly waits for Docker, too.
  { name: 'integration', projects: ['docker', 'browser'] },
]

/** @type {Stage[]} */
const CHOSEN = [{ name: 'chosen tests', projects: ['architecture', 'unit', 'docker', 'browser'] }]

/** @type {Stage[]} */
const LONG_CHOSEN = [{ name: 'long', projects: ['long'] }]

/** @type {Stage[]} The random tests ask new questions here. */
const LONG = [{ name: 'unit', projects: ['unit'] }, ...LONG_CHOSEN]

/**
 * Runs every stage, also after one failed, and ends with one summary.
 * @param {string[]} args `--long` for the long tests; the rest names test files, as vitest takes them
 * @param {AbortSignal} signal
 */
async function test(args, signal) {
  const filter = args.filter((arg) => arg !== '--long')
  const [whole, chosen] = args.includes('--long') ? [LONG, LONG_CHOSEN] : [[...CHECKS, ...TESTS], CHOSEN]
  const stages = filter.length > 0 ? chosen : whole
  if (args.includes('--long')) process.env.TBS_TEST_SEED ??= String(randomInt(2 ** 31))
  if (process.env.TBS_TEST_SEED) console.log(`Random tests by TBS_TEST_SEED=${process.env.TBS_TEST_SEED}`)
  const outcomes = []
  for (const stage of stages) {
    if (signal.aborted) break
    outcomes.push(await runStage(stage, filter, signal))
  }
  console.log(summary(outcomes, { interrupted: signal.aborted }))
  process.exitCode = signal.aborted ? 130 : outcomes.every(({ passed }) => passed) ? 0 : 1
}

/**
 * @param {Stage} stage
 * @param {string[]} filter
 * @param {AbortSignal} signal
 */
async function runStage(stage, filter, signal) {
  console.log(`\n== ${stage.name}`)
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  if ('programs' in stage) {
    const codes = []
    for (const program of stage.programs) codes.push(await run(program, signal))
    return outcomeOfProgram(
      stage.name,
      codes.every((code) => code === 0),
      seconds(),
    )
  }
  const report = join(OUTPUT, `${stage.name.replaceAll(' ', '-')}.json`)
  rmSync(report, { force: true })
  mkdirSync(OUTPUT, { recursive: true })
  const exitCode = await run(vitest(stage.projects, report, filter), signal)
  return outcomeOfTests(stage.name, { report: readReport(report), root: ROOT, exitCode, seconds: seconds() })
}

/**
 * @param {string[]} projects
 * @param {string} report
 * @param {string[]} filter
 */
function vitest(projects, report, filter) {
  const chosen = projects.flatMap((project) => ['--project', project])
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  // A kind of test may have none yet; a filter that matches nothing is a slip of the pen.
  const empty = filter.length > 0 ? [] : ['--passWithNoTests']
  return ['vitest', 'run', ...chosen, ...reporters, ...empty, ...filter]
}

/** @param {string} file */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // vitest ended before it could write one; its exit code tells.
    return undefined
  }
}

/**
 * @param {string[]} command of node_modules/.bin, with its arguments
 * @param {AbortSignal} signal
 * @returns {Promise<number>} its exit code
 */
async function run([program = '', ...args], signal) {
  // A group of its own, so that Ctrl-C arrives once, from here, and all of it can be ended together.
  const child = spawn(join(ROOT, 'node_modules/.bin', program), args, { cwd: ROOT, stdio: 'inherit', detached: true })
  /** @type {NodeJS.Timeout | undefined} */
  let deadline
  const stop = () => {
    child.kill('SIGINT')
    deadline = setTimeout(() => killGroup(child.pid), GRACE_MS)
  }
  signal.addEventListener('abort', stop, { once: true })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? 1))
  })
  clearTimeout(deadline)
  signal.removeEventListener('abort', stop)
  // An interrupted vitest ends at once and leaves its workers to finish their test.
  if (signal.aborted) killGroup(child.pid)
  return code
}

/** @param {number | undefined} pid of the group's leader */
function killGroup(pid) {
  try {
    if (pid) process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

const interrupt = new AbortController()
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => interrupt.abort())

await test(process.argv.slice(2), interrupt.signal)
