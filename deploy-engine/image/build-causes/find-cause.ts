import { npmLastRules, npmRules } from './npm.ts'
import { pnpmRules, yarnLastRules, yarnRules } from './pnpm-yarn.ts'
import { diskAndMemoryRules, nodeRules, packageRules, shellRules, typescriptRules } from './programs.ts'
import { pythonRules } from './python.ts'
import type { Cause, Rule } from './rule.ts'

// What names a cause comes before what names a symptom.
const RULES: Rule[] = [
  ...diskAndMemoryRules,
  ...typescriptRules,
  ...npmRules,
  ...pnpmRules,
  ...yarnRules,
  ...pythonRules,
  ...packageRules,
  ...shellRules,
  ...nodeRules,
  ...npmLastRules,
  ...yarnLastRules,
]

/** Why a step failed, with the numbers of the lines that say so; undefined: nothing that is known here. */
export const findCause = (lines: string[]): (Cause & { evidence: number[] }) | undefined => {
  const output = lines.join('\n')
  for (const { pattern, cause } of RULES) {
    const match = pattern.exec(output)
    if (!match) continue
    const found = cause({ groups: groupsOf(match), output })
    if (found) return { ...found, evidence: linesOf(output, match) }
  }
  return undefined
}

// Groups that took no part are undefined at run time, whatever their type says.
const groupsOf = ({ groups = {} }: RegExpExecArray): Record<string, string> =>
  Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, text ?? '']))

const linesOf = (output: string, { 0: text, index }: RegExpExecArray): number[] => {
  const first = output.slice(0, index).split('\n').length - 1
  return text.split('\n').map((_, offset) => first + offset)
}
