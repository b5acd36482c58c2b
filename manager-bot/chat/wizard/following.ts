import { type Answers, type Spot, type StepName, spot } from './answers.ts'

/** How often each question is asked, in their order. What a look at the repository decides is not among them. */
const COUNTS: [StepName, (answers: Answers) => number][] = [
  ['name', () => 1],
  ['repo', () => 1],
  ['look', () => 1],
  ['build', () => 1],
  ['token', () => 1],
  ['tokenenv', () => 1],
  ['variables', ({ report }) => ((report?.variables.length ?? 0) > 0 ? 1 : 0)],
  ['variable', (answers) => askedVariables(answers).length],
  ['data', () => 1],
  ['config', ({ report }) => report?.configFiles.length ?? 0],
  ['summary', () => 1],
]

/** The question that comes next. */
export const following = (answers: Answers, { step, index }: Spot): Spot => {
  const place = COUNTS.findIndex(([name]) => name === step)
  const [, count] = COUNTS[place] ?? []
  // Beside the way: keys, tokens, directories. Each of them is followed by another look.
  if (!count) return spot('look')
  if (index + 1 < count(answers)) return spot(step, index + 1)
  const [next = 'summary'] = COUNTS.slice(place + 1).find(([, often]) => often(answers) > 0) ?? []
  return spot(next)
}

export const askedVariables = ({ report }: Answers) => (report?.variables ?? []).filter(({ ask }) => ask)
