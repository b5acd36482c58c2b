import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diskFinding, loadFinding, memoryFinding } from '../../../deploy-engine/watch/host-findings.ts'
import { RULES } from '../../../deploy-engine/watch/host-looks.ts'
import { judge, type Rule, type Standing, type State } from '../../../deploy-engine/watch/hysteresis.ts'

const EVERY_MS = 30_000
const MEASURED = ['disk', 'memory', 'load', 'docker', 'redis'] as const

type Look = { state: State; at: number; turned: boolean; open: boolean }

/** How things stand after each of the looks, which come every 30 s. */
const follow = (states: readonly State[], rule: Rule): Look[] => {
  let standing: Standing = { open: false }
  return states.map((state, index) => {
    const at = index * EVERY_MS
    const { turns, since } = judge(standing, { state, at }, rule)
    const open = turns ? !standing.open : standing.open
    standing = { open, since }
    return { state, at, turned: turns, open }
  })
}

const states = fc.array(fc.constantFrom<State>('bad', 'good', 'between'), { maxLength: 200 })
const rule = fc.constantFrom(...MEASURED).map((condition) => RULES[condition])

test('no single bad look opens an incident', () => {
  const lonely = states.map((all) =>
    all.map((state, index) => (index > 0 && all[index - 1] === 'bad' ? 'good' : state)),
  )
  fc.assert(
    fc.property(lonely, rule, (looks, of) => {
      expect(follow(looks, of).filter(({ open }) => open)).toEqual([])
    }),
  )
})

test('what turns has been so at every look for as long as the rule says', () => {
  fc.assert(
    fc.property(states, rule, (looks, of) => {
      const seen = follow(looks, of)
      for (const [index, { turned, at, open }] of seen.entries()) {
        if (!turned) continue
        const since = at - (open ? of.opensAfterMs : of.endsAfterMs)
        const during = seen.slice(0, index + 1).filter((look) => look.at >= since)
        expect(new Set(during.map(({ state }) => state))).toEqual(new Set([open ? 'bad' : 'good']))
      }
    }),
  )
})

test('it does not flap: two turns lie at least as far apart as the rule says', () => {
  fc.assert(
    fc.property(states, rule, (looks, of) => {
      const turns = follow(looks, of).filter(({ turned }) => turned)
      for (const [index, { at, open }] of turns.entries()) {
        if (index === 0) continue
        const apart = at - (turns[index - 1]?.at ?? 0)
        expect(apart).toBeGreaterThanOrEqual(open ? of.opensAfterMs : of.endsAfterMs)
      }
    }),
  )
})

test('what stays bad opens one incident, in time, and what stays good ends it', () => {
  for (const condition of MEASURED) {
    const of = RULES[condition]
    const turns = follow([...Array(40).fill('bad'), ...Array(40).fill('good')], of).filter(({ turned }) => turned)
    expect(turns.map(({ open }) => open)).toEqual([true, false])
    expect(turns[0]?.at).toBeLessThanOrEqual(of.opensAfterMs + EVERY_MS)
    expect((turns[1]?.at ?? 0) - 40 * EVERY_MS).toBeLessThanOrEqual(of.endsAfterMs + EVERY_MS)
  }
})

const GIB = 1024 ** 3
const gauges = [
  ['disk', 'a disk between 15 and 18 %', (part: number) => diskFinding([disk(0.15 + part * 0.03)])],
  ['memory', 'memory between 5 and 8 %', (part: number) => memoryFinding(disk(0.05 + part * 0.03))],
  ['load', 'a load between 3 and 4 per core', (part: number) => loadFinding({ average: 4 * (4 - part), cores: 4 })],
] as const

const disk = (part: number) => ({ path: '/data', totalBytes: 100 * GIB, freeBytes: part * 100 * GIB })

test.each(gauges)('%s: %s turns nothing, however it wavers', (condition, _, finding) => {
  const wavering = fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true }).map((part) => finding(part).state))
  fc.assert(
    fc.property(wavering, fc.boolean(), (looks, open) => {
      for (const state of looks) {
        expect(judge({ open }, { state, at: 0 }, { ...RULES[condition], opensAfterMs: 0, endsAfterMs: 0 }).turns).toBe(
          false,
        )
      }
    }),
  )
})
