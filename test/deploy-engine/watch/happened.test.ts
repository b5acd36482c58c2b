import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Container } from '../../../deploy-engine/ports.ts'
import { isCrashLoop, pauseMs, withExit } from '../../../deploy-engine/watch/crash-loop.ts'
import { happened } from '../../../deploy-engine/watch/happened.ts'

const seen = {
  containerId: 'c',
  botId: 1,
  running: true,
  startedAt: 1_000,
  finishedAt: 0,
  restarts: 0,
  peakMemoryBytes: 0,
  peakCores: 0,
}

const found = (change: Partial<Container>): Container => ({
  id: 'c',
  name: 'c',
  labels: {},
  running: true,
  restarting: false,
  paused: false,
  startedAt: 1_000,
  finishedAt: 0,
  exitCode: 0,
  outOfMemory: false,
  error: '',
  restarts: 0,
  health: 'none',
  restart: 'unless-stopped',
  workdir: '/',
  ...change,
})

describe('what happened between two looks', () => {
  test('nothing', () => expect(happened(seen, found({}))).toEqual([]))

  test('an exit, seen while Docker waits with its restart', () => {
    const waiting = found({ restarting: true, restarts: 1, finishedAt: 5_000, exitCode: 139 })
    expect(happened(seen, waiting)).toEqual([
      { kind: 'exits', count: 1, at: 5_000, exitCode: 139, outOfMemory: false, uptimeMs: 4_000 },
    ])
  })

  test('its restart, which was counted at the exit', () => {
    const waiting = { ...seen, restarts: 1, finishedAt: 5_000 }
    expect(happened(waiting, found({ restarts: 1, finishedAt: 5_000, startedAt: 6_000 }))).toEqual([])
  })

  test('an exit, seen after the restart: its code is not known', () => {
    const again = found({ restarts: 1, finishedAt: 5_000, startedAt: 6_000, outOfMemory: true })
    expect(happened(seen, again)).toEqual([{ kind: 'exits', count: 1, at: 5_000, outOfMemory: true, uptimeMs: 4_000 }])
  })

  test('several exits', () => {
    const later = found({ restarts: 4, finishedAt: 50_000, startedAt: 51_000 })
    expect(happened(seen, later)).toEqual([{ kind: 'exits', count: 4, at: 50_000, outOfMemory: false }])
  })

  test('started anew by hand, or with the host: no exit', () => {
    const anew = found({ startedAt: 9_000, finishedAt: 8_000 })
    expect(happened(seen, anew)).toEqual([{ kind: 'started', at: 9_000 }])
    expect(happened({ ...seen, restarts: 3 }, anew)).toEqual([{ kind: 'started', at: 9_000 }])
  })

  test('started anew, and two exits since', () => {
    const anew = found({ startedAt: 20_000, finishedAt: 19_000, restarts: 2 })
    expect(happened({ ...seen, restarts: 3 }, anew)).toMatchObject([{ kind: 'started' }, { kind: 'exits', count: 2 }])
  })

  test('stopped from outside, as Docker leaves it', () => {
    const stopped = found({ running: false, finishedAt: 7_000, exitCode: 143 })
    expect(happened(seen, stopped)).toEqual([{ kind: 'stopped', at: 7_000, exitCode: 143, error: '' }])
  })

  test('an exit on trial, when Docker has no policy', () => {
    const ended = found({ running: false, restart: 'no', finishedAt: 7_000, exitCode: 1 })
    expect(happened(seen, ended)).toMatchObject([{ kind: 'exits', count: 1, exitCode: 1, uptimeMs: 6_000 }])
    expect(happened({ ...seen, running: false, finishedAt: 7_000 }, ended)).toEqual([])
  })

  test('gone', () => expect(happened(seen, undefined)).toEqual([{ kind: 'gone' }]))

  test('however looks are spread, each exit is counted once', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ runs: fc.nat(5_000), looked: fc.boolean() }), { maxLength: 30 }), (life) => {
        let now = 1_000
        let last = seen
        let restarts = 0
        let counted = 0
        const look = (container: Container) => {
          for (const one of happened(last, container)) if (one.kind === 'exits') counted += one.count
          last = { ...last, ...container, containerId: 'c' }
        }
        for (const { runs, looked } of life) {
          const finishedAt = now + runs
          restarts += 1
          if (looked) look(found({ restarting: true, startedAt: now, finishedAt, restarts, exitCode: 1 }))
          now = finishedAt + 100
          if (!looked) continue
          look(found({ startedAt: now, finishedAt, restarts }))
        }
        look(found({ startedAt: now, finishedAt: now - 100, restarts }))
        expect(counted).toBe(restarts)
      }),
    )
  })
})

const at = (...minutes: number[]) => minutes.map((minute) => minute * 60_000)

describe('a crash loop', () => {
  test.each([
    ['five within ten minutes, over more than two', at(0, 1, 2, 3, 4), true],
    ['four', at(0, 1, 2, 3), false],
    ['five within one minute', at(0, 0.2, 0.4, 0.6, 0.8), false],
    ['five in an hour', at(0, 11, 22, 33, 44), false],
    ['five of which the first is long ago', at(0, 20, 21, 22, 23), false],
    [
      'Docker’s own back-off of a bot that dies at once',
      at(0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 2.2),
      true,
    ],
  ])('%s: %s', (_, exits, loop) => expect(isCrashLoop(exits)).toBe(loop))

  test('the pauses grow to an hour and stay there', () => {
    expect([0, 1, 2, 3, 4, 99].map(pauseMs)).toEqual(at(1, 5, 15, 60, 60, 60))
  })

  test('of many exits the last are remembered', () => {
    const exits = Array.from({ length: 100 }, (_, index) => index).reduce<number[]>(withExit, [])
    expect(exits).toHaveLength(20)
    expect(exits.at(-1)).toBe(99)
  })
})
