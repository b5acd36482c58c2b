import { describe, expect, test } from 'vitest'
import { outcomeOfProgram, outcomeOfTests, summary } from '../../scripts/test/summary.mjs'

const report = (...files: [name: string, status: string, tests: [fullName: string, status: string][]][]) => ({
  testResults: files.map(([name, status, tests]) => ({
    name: `/project/${name}`,
    status,
    assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
  })),
})

const outcome = (given: ReturnType<typeof report> | undefined, exitCode: number) =>
  outcomeOfTests('unit', { report: given, root: '/project', exitCode, seconds: 1.25 })

describe('how a stage ended', () => {
  test('passed, failed and skipped tests are counted, and the failed named', () => {
    const given = report(
      [
        'test/a.test.ts',
        'passed',
        [
          ['works', 'passed'],
          ['later', 'skipped'],
          ['some day', 'todo'],
        ],
      ],
      [
        'test/b.test.ts',
        'failed',
        [
          ['works', 'passed'],
          ['breaks', 'failed'],
        ],
      ],
    )
    expect(outcome(given, 1)).toMatchObject({
      passed: false,
      counts: { passed: 2, failed: 1, skipped: 2 },
      failures: ['test/b.test.ts: breaks'],
    })
  })

  test('a file that does not load is a failure', () => {
    expect(outcome(report(['test/a.test.ts', 'failed', []]), 1)).toMatchObject({
      passed: false,
      counts: { passed: 0, failed: 1, skipped: 0 },
      failures: ['test/a.test.ts: the file itself failed'],
    })
  })

  test('so is an exit code without a failed test, and no report at all', () => {
    expect(outcome(report(['test/a.test.ts', 'passed', [['works', 'passed']]]), 1).counts).toMatchObject({ failed: 1 })
    expect(outcome(undefined, 1)).toMatchObject({ passed: false, counts: { passed: 0, failed: 1 } })
  })

  test('no tests are no failure', () => {
    expect(outcome(report(), 0)).toMatchObject({ passed: true, counts: { passed: 0, failed: 0, skipped: 0 } })
  })
})

describe('the summary', () => {
  const good = outcome(report(['test/a.test.ts', 'passed', [['works', 'passed']]]), 0)
  const skipped = outcome(
    report([
      'test/a.test.ts',
      'passed',
      [
        ['works', 'passed'],
        ['later', 'skipped'],
      ],
    ]),
    0,
  )
  const bad = outcome(report(['test/b.test.ts', 'failed', [['breaks', 'failed']]]), 1)
  const lastLine = (text: string) => text.split('\n').at(-1)

  test('ends with the sum over all stages', () => {
    expect(lastLine(summary([good, good, bad], { interrupted: false }))).toBe('2 passed, 1 failed')
    expect(lastLine(summary([good, skipped], { interrupted: false }))).toBe('2 passed, 0 failed, 1 skipped')
  })

  test('has a line per stage and the names of failed tests', () => {
    const text = summary([outcomeOfProgram('typecheck', false, 3), bad], { interrupted: false })
    expect(text).toMatch(/^typecheck {5}FAILED +failed +3\.0 s$/m)
    expect(text).toMatch(/^unit {10}FAILED +0 passed, 1 failed +1\.3 s\n {4}test\/b\.test\.ts: breaks$/m)
  })

  test('says when it was interrupted', () => {
    expect(summary([good], { interrupted: true })).toContain('interrupted')
  })
})
