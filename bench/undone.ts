import type { Behaviour } from '../test/helpers/fixture-bot.ts'
import { lastOperation, stepNamed } from './journal.ts'
import { onStage } from './stage.ts'

const ROUNDS = 3

export type Undone = { name: string; backMs: number[]; longestWaitMs: number[]; said: boolean; conflicts: number }

const BAD: Record<string, Behaviour> = {
  'crash at 0 s': { says: 'never', crash: 'at once' },
  'crash at 9 s': { says: 'late', crash: 9_000 },
  deaf: { says: 'deaf', deaf: true },
}

/** From the gate's verdict on a bad version to the old one's first reply, under 20 updates a second. */
export const undone = (): Promise<Undone[]> =>
  onStage(async ({ here, commit, underLoad }) => {
    const found: Undone[] = []
    for (const [name, behaviour] of Object.entries(BAD)) {
      const one: Undone = { name, backMs: [], longestWaitMs: [], said: true, conflicts: 0 }
      for (let round = 0; round < ROUNDS; round++) {
        await commit('bad', behaviour)
        const { text, seen, heard } = await underLoad('/deploy bench-bot bad', /Not deployed/)
        const verdict = stepNamed(await lastOperation(here.dataDir), 'gate').endedAt
        one.backMs.push((heard.find(({ voice, at }) => voice === 'base' && at >= verdict)?.at ?? Number.NaN) - verdict)
        one.longestWaitMs.push(seen.longestMs)
        one.said &&= /v1 was put back and is running/.test(text)
        one.conflicts += seen.conflicts
      }
      found.push(one)
    }
    return found
  })
