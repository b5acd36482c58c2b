import { relative } from 'node:path'

/**
 * How a stage ended.
 * @typedef {object} Outcome
 * @property {string} name
 * @property {boolean} passed
 * @property {number} seconds
 * @property {{ passed: number, failed: number, skipped: number }} [counts] of tests
 * @property {string[]} failures names of failed tests
 */

/**
 * The part of vitest's JSON report that is used here.
 * @typedef {object} Report
 * @property {{ name: string, status: string, assertionResults: { status: string, fullName: string }[] }[]} testResults
 */

/**
 * @param {string} name
 * @param {boolean} passed
 * @param {number} seconds
 * @returns {Outcome}
 */
export const outcomeOfProgram = (name, passed, seconds) => ({ name, passed, seconds, failures: [] })

/**
 * @param {string} name
 * @param {{ report: Report | undefined, root: string, exitCode: number, seconds: number }} run
 * @returns {Outcome}
 */
export function outcomeOfTests(name, { report, root, exitCode, seconds }) {
  const files = report?.testResults ?? []
  const all = files.flatMap((file) =>
    file.assertionResults.map(({ status, fullName }) => ({
      status,
      name: `${relative(root, file.name)}: ${fullName}`,
    })),
  )
  const notRun = files
    .filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
    )
    .map((file) => `${relative(root, file.name)}: the file itself failed`)
  const failed = [...all.filter(({ status }) => status === 'failed').map((test) => test.name), ...notRun]
  // An error outside of any test, or no report at all.
  const failures =
    exitCode !== 0 && failed.length === 0 ? [`vitest ended with exit code ${exitCode}, see above`] : failed
  const passed = all.filter(({ status }) => status === 'passed').length
  const skipped = all.length - passed - (failed.length - notRun.length)
  return {
    name,
    passed: failures.length === 0,
    seconds,
    failures,
    counts: { passed, failed: failures.length, skipped },
  }
}

/**
 * @param {Outcome[]} outcomes
 * @param {{ interrupted: boolean }} options
 * @returns {string} its last line counts all tests
 */
export function summary(outcomes, { interrupted }) {
  const total = outcomes.reduce((sum, { counts }) => (counts ? add(sum, counts) : sum), {
    passed: 0,
    failed: 0,
    skipped: 0,
  })
  return [
    '',
    '== summary',
    ...outcomes.flatMap(stageLines),
    ...(interrupted ? ['interrupted: the stages that follow were not run'] : []),
    '',
    inWords(total),
  ].join('\n')
}

/** @param {Outcome} outcome */
function stageLines({ name, passed, seconds, counts, failures }) {
  const result = counts ? inWords(counts) : passed ? 'passed' : 'failed'
  const columns = [
    name.padEnd(14),
    (passed ? 'ok' : 'FAILED').padEnd(8),
    result.padEnd(36),
    seconds.toFixed(1).padStart(6),
  ]
  return [`${columns.join('')} s`, ...failures.map((failure) => `    ${failure}`)]
}

/**
 * @param {{ passed: number, failed: number, skipped: number }} a
 * @param {{ passed: number, failed: number, skipped: number }} b
 */
const add = (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped })

/** @param {{ passed: number, failed: number, skipped: number }} counts */
const inWords = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
