import { watchExits } from '../test/helpers/exits.ts'
import { lastOperation, stepNamed } from './journal.ts'
import { type Heard, onStage } from './stage.ts'

const DEPLOYS = 12
const ROLLBACKS = 8

export type Gaps = {
  deploys: number[]
  rollbacks: number[]
  /** From the command to its end, without the gate. */
  rollbackWalls: number[]
  conflicts: number
  lost: number
  repeated: number
}

/** From the old version's exit, by Docker's clock, to the new one's first reply, under 20 updates a second. */
export const gaps = (): Promise<Gaps> =>
  onStage(async ({ here, commit, underLoad }) => {
    const exits = await watchExits(here.instance)
    const found: Gaps = { deploys: [], rollbacks: [], rollbackWalls: [], conflicts: 0, lost: 0, repeated: 0 }
    const gapOf = async (command: string, voice: string): Promise<number> => {
      const { seen, heard } = await underLoad(command, /is live/)
      found.conflicts += seen.conflicts
      found.lost += seen.lost
      found.repeated += seen.repeated
      return firstOf(heard, voice) - (exits.times.at(-1) ?? Number.NaN)
    }
    for (let round = 0; round < DEPLOYS; round++) {
      await commit('main', { says: `round${round}` })
      found.deploys.push(await gapOf('/deploy bench-bot main', `round${round}`))
    }
    for (let count = 0; count < ROLLBACKS; count++) {
      // The stage's own deploy was v1, so the last two rounds are v12 and v13.
      const round = count % 2 === 0 ? DEPLOYS - 2 : DEPLOYS - 1
      found.rollbacks.push(await gapOf(`/rollback bench-bot v${round + 2}`, `round${round}`))
      const operation = await lastOperation(here.dataDir)
      const gate = stepNamed(operation, 'gate')
      found.rollbackWalls.push(operation.endedAt - operation.createdAt - (gate.endedAt - gate.startedAt))
    }
    exits.stop()
    return found
  })

const firstOf = (heard: Heard[], voice: string): number => heard.find((one) => one.voice === voice)?.at ?? Number.NaN
