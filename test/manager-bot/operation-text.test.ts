import { describe, expect, test } from 'vitest'
import type { Operation, OperationView, Outcome, Step } from '../../deploy-engine/index.ts'
import { operationText } from '../../manager-bot/operation-text.ts'
import { toPlain } from '../../manager-bot/text/plain.ts'
import { addedBot } from './added-bot.ts'

const NOW = 1_700_000_100_000

const step = (name: Step['name'], state: Step['state'], detail: string | null = null): Step => ({
  id: 1,
  operationId: 42,
  name,
  state,
  detail,
  startedAt: NOW - 34_000,
  endedAt: state === 'started' ? null : NOW - 2_000,
})

const view = (operation: Partial<Operation>, steps: Step[] = [], ahead = 0): OperationView => ({
  operation: {
    id: 42,
    botId: 1,
    kind: 'deploy',
    args: { ref: 'main' },
    requestedBy: 'telegram:1',
    requestKey: null,
    state: 'running',
    cancelRequested: false,
    revision: 1,
    outcome: null,
    createdAt: 0,
    startedAt: null,
    endedAt: null,
    ...operation,
  },
  bot: addedBot('echo-bot'),
  steps,
  ahead,
})

const shown = (of: OperationView) => toPlain(operationText(of, NOW))

const ended = (state: Operation['state'], outcome: Outcome, steps: Step[] = []) =>
  shown(view({ state, outcome }, steps))

describe('while it goes on', () => {
  test('each step with its time; the running one with its time so far', () => {
    const steps = [step('fetch', 'done', 'main is 3f2c1ab'), step('build', 'started')]
    expect(shown(view({}, steps))).toBe(
      'Deploying echo-bot at main · #42\n✓ Fetch the source · 32 s — main is 3f2c1ab\n▸ Build the image · 34 s',
    )
  })

  test('evidence in several lines stands below its step', () => {
    expect(shown(view({}, [step('detect', 'done', 'Node 24\nno lockfile: npm install')]))).toContain(
      '✓ Find out how to build it · 32 s — Node 24\n– no lockfile: npm install',
    )
  })

  test('queued, queued behind others, being cancelled', () => {
    expect(shown(view({ state: 'queued' }))).toContain('\nQueued.')
    expect(shown(view({ state: 'queued' }, [], 1))).toContain('\nQueued; one operation first.')
    expect(shown(view({ state: 'queued' }, [], 3))).toContain('\nQueued; 3 operations first.')
    expect(shown(view({ cancelRequested: true }))).toContain('\nBeing cancelled …')
  })

  test('a rollback of the manager itself says why', () => {
    const args = { release: 2, cause: 'v3 runs but does not take its updates' }
    expect(shown(view({ kind: 'rollback', args, requestedBy: 'manager' }))).toBe(
      'Rolling back echo-bot to v2 · #42\nBecause: v3 runs but does not take its updates',
    )
  })
})

describe('at its end, what is true', () => {
  const release: Outcome = { release: 3, sha: '3f2c1ab9d0', subject: 'Answer hello', running: 3 }

  test('live', () => {
    const text = ended('succeeded', { ...release, proof: 'live', gapMs: 840, evidence: '2 waiting updates were taken' })
    expect(text).toBe(
      'Deployed echo-bot at main · #42\nv3 (3f2c1ab “Answer hello”) is live.\n' +
        'Seen: 2 waiting updates were taken\nNo version ran for 0.8 s.',
    )
  })

  test('live for the first time: where to write to it', () => {
    const first = ended('succeeded', { ...release, release: 1, running: 1, proof: 'live' })
    expect(first).toMatch(/is live\.\nWrite to it: @echo_bot$/)
  })

  test('running but unproven: what that means, and what happens by itself', () => {
    const unproven = (more: Outcome) => ended('succeeded', { ...release, proof: 'unproven', ...more })
    expect(unproven({ wayBack: 2 })).toContain('v3 (3f2c1ab “Answer hello”) is running, but unproven.')
    expect(unproven({ wayBack: 2 })).toContain('If the first ones are not taken within 20 s, v2 is put back by itself.')
    expect(unproven({ wayBack: 2 })).toContain('Send @echo_bot a message to prove it.')
    expect(unproven({})).toContain('There is no earlier version to go back to.')
  })

  test('a failed build: the old version was not touched; its last 15 lines', () => {
    const error = {
      code: 'build_failed' as const,
      message: 'npm run build ended with code 2',
      hint: 'Correct it and deploy again',
    }
    const buildLines = Array.from({ length: 20 }, (_, index) => `line ${index}`)
    const text = ended('failed', { running: 2, error, buildLines }, [step('build', 'failed')])
    expect(text).toContain('Not deployed: npm run build ended with code 2. v2 runs on, untouched.')
    expect(text).toContain('Correct it and deploy again')
    expect(text).toContain('The build ended with:\nline 5\n')
    expect(text).not.toContain('line 4\n')
  })

  test('a failed gate: the old version was put back', () => {
    const error = { code: 'exited' as const, message: 'it exited with code 1' }
    const text = ended('failed', { running: 2, error, logLines: ['Error: x'] }, [
      step('stop', 'done'),
      step('undo', 'done'),
    ])
    expect(text).toContain('Not deployed: it exited with code 1. v2 was put back and is running.')
    expect(text).toContain('It printed last:\nError: x')
  })

  test('a variable that it ended for is named', () => {
    const error = { code: 'exited' as const, message: 'it exited with code 1' }
    const text = (...names: string[]) => ended('failed', { error, missing: { names, line: 'x' } })
    expect(text('ADMIN_ID')).toContain('\nIt needs the variable ADMIN_ID, which is not set.')
    expect(text('A_B', 'C_D')).toContain('\nIt needs the variables A_B, C_D, which are not set.')
  })

  test('why a step failed is said once, and a step that was cut off does not go on', () => {
    const error = { code: 'interrupted' as const, message: 'The manager was stopped' }
    const steps = [step('fetch', 'done', 'a1b2c3d'), step('stop', 'failed', 'why'), step('build', 'started', 'half')]
    expect(ended('failed', { running: 2, error }, steps)).toContain(
      '✓ Fetch the source · 32 s — a1b2c3d\n✗ Stop the old version · 32 s\n✗ Build the image',
    )
  })

  test('nothing runs', () => {
    const error = { code: 'undo_failed' as const, message: 'v2 could not be started again' }
    expect(ended('failed', { running: null, error })).toContain('No version of echo-bot runs.')
  })

  test('cancelled, superseded, and data that would be lost', () => {
    expect(ended('cancelled', { running: 2 })).toContain('Cancelled. v2 runs on, untouched.')
    const error = { code: 'superseded' as const, message: 'Not begun: #43 took its place' }
    expect(ended('superseded', { error })).toContain('\nNot begun: #43 took its place.')
    const warnings = ['v2 wrote /app/data.json outside volumes, its container is kept']
    expect(ended('succeeded', { ...release, proof: 'live', warnings })).toContain(`Note: ${warnings[0]}`)
  })
})

describe('stop, run and remove', () => {
  test('while they go on, and when they fail', () => {
    expect(shown(view({ kind: 'stop' }, [step('stop', 'started', 'v3')]))).toBe(
      'Stopping echo-bot · #42\n▸ Stop it · 34 s — v3',
    )
    expect(shown(view({ kind: 'remove' }, [step('remove', 'started')]))).toContain('▸ Remove what is its · 34 s')
    const outcome = { running: null, error: { code: 'exited' as const, message: 'The new version exited with code 1' } }
    expect(shown(view({ kind: 'run', args: {}, state: 'failed', outcome }))).toBe(
      'Start of echo-bot failed · #42\n' +
        'Not started: the new version exited with code 1. No version of echo-bot runs.\n' +
        'See what it printed last, with /logs: a missing variable, a file that is not there, a wrong token.',
    )
    const spoken = { ...outcome, logLines: ['Error: no token'] }
    expect(shown(view({ kind: 'run', args: {}, state: 'failed', outcome: spoken }))).not.toContain('See what it')
    const killed = { ...spoken, error: { code: 'out_of_memory' as const, message: 'It needed more memory' } }
    expect(shown(view({ kind: 'run', args: {}, state: 'failed', outcome: killed }))).toContain('memory=1g')
  })

  test('stopped, and how it is started', () => {
    expect(shown(view({ kind: 'stop', state: 'succeeded', outcome: { stopped: 3, running: null } }))).toBe(
      'Stopped echo-bot · #42\nv3 is stopped. It stays so, also after a reboot.\nStart it: tbs-manager run echo-bot',
    )
  })

  test('backed up, and for how long it was frozen', () => {
    const backup = (pausedMs: number) => ({ backup: { id: 7, file: 'backups/x.age', bytes: 12_000_000, pausedMs } })
    const made = (pausedMs: number) => shown(view({ kind: 'backup', state: 'succeeded', outcome: backup(pausedMs) }))
    expect(made(640)).toContain('Backup 7 of 12 MB, encrypted: backups/x.age\n')
    expect(made(640)).toContain(' was frozen for 0.6 s while its data was copied.')
    expect(made(0)).toContain('It did not run.')
    const removed = { ...backup(0), removed: { volumes: [], kept: [] }, running: null }
    expect(shown(view({ kind: 'remove', state: 'succeeded', outcome: removed }))).toContain(
      'Its last backup, 7, stays: backups/x.age',
    )
  })

  test('removed, and what became of the data', () => {
    const removed = (volumes: string[], kept: string[]) =>
      shown(view({ kind: 'remove', state: 'succeeded', outcome: { removed: { volumes, kept }, running: null } }))
    const gone =
      'Removed echo-bot · #42\necho-bot is gone, with its containers, images, build logs, settings and secrets.'
    expect(removed([], [])).toBe(gone)
    expect(removed(['a', 'b'], [])).toBe(`${gone}\nIts data is gone, too: a, b`)
    expect(removed([], ['a'])).toBe(
      `${gone}\nIts data stays in Docker volumes: a\nA bot that is added under this name gets them again.`,
    )
  })
})

test('the last lines of a build stand below its steps', () => {
  const text = shown({ ...view({}, [step('build', 'started')]), tail: ['npm ci', 'x'.repeat(200)] })
  expect(text).toContain('▸ Build the image · 34 s\n')
  expect(text).toContain('npm ci\n')
  expect(text).toContain(`${'x'.repeat(119)}…`)
})
