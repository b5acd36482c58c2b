import { wordsOf } from './command-line.ts'
import type { Instruction } from './dockerfile-instructions.ts'

/**
 * The instructions that make the final image: those of the wanted stage, by default the last one, after those of the
 * stages it is based on, each with its FROM. `stage` is undefined if there is no stage of that name or number.
 */
export const finalStage = (
  instructions: readonly Instruction[],
  target?: string,
): { stage: Instruction[] | undefined; names: string[] } => {
  const stages: Stage[] = []
  const byName = new Map<string, Stage>()
  for (const instruction of instructions) {
    if (instruction.name !== 'FROM') stages.at(-1)?.own.push(instruction)
    else {
      const [base = '', as, name = ''] = wordsOf(instruction.rest).filter((word) => !word.startsWith('--'))
      const stage: Stage = { base: byName.get(base.toLowerCase()), own: [instruction] }
      stages.push(stage)
      if (as?.toLowerCase() === 'as' && name !== '') byName.set(name.toLowerCase(), stage)
    }
  }
  const names = [...byName.keys()]
  if (target === undefined) return { stage: withBases(stages.at(-1)), names }
  const found = byName.get(target.toLowerCase()) ?? stages[/^\d+$/.test(target) ? Number(target) : -1]
  return { stage: found && withBases(found), names }
}

/** A stage holds its own instructions, the first of which is its FROM. */
type Stage = { base: Stage | undefined; own: Instruction[] }

const withBases = (last: Stage | undefined): Instruction[] => {
  const chain: Stage[] = []
  for (let stage = last; stage !== undefined; stage = stage.base) chain.unshift(stage)
  return chain.flatMap(({ own }, index) => (index === 0 ? own : own.slice(1)))
}
