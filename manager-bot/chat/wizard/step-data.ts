import { TbsError, VolumePath } from '../../../deploy-engine/index.ts'
import { bold, code, line, prose } from '../../text/rich-text.ts'
import { splitWords } from '../../words.ts'
import type { Answers } from './answers.ts'
import { type Choice, choice, type Step } from './step.ts'

/** Directories whose content is to outlive a deploy. */
export const dataStep: Step = {
  ask: ({ answers }) => {
    const all = answers.report?.data ?? []
    return {
      title: 'Data',
      text: [
        line('A deploy replaces the bot’s files. What it writes is kept only in certain directories:'),
        ...all.flatMap(({ path, kept, evidence }) => [
          line('– ', bold(path), kept ? ' is kept already' : ' looks like data'),
          ...(kept ? [] : [line('   ', ...prose(evidence))]),
        ]),
        ...(all.length === 0 ? [line('– none yet')] : []),
        line('To keep another one, send its path in the container, such as ', code('/app/storage')),
      ],
      choices: [dataChoices(answers)],
    }
  },
  hear: (text, { answers }) => ({
    answers: { ...answers, volumes: splitWords(text.replaceAll(',', ' ')).map(checked) },
  }),
  choose: (name, { answers }) => ({ answers: { ...answers, volumes: name === 'keep' ? proposals(answers) : [] } }),
}

const dataChoices = (answers: Answers): Choice[] => {
  const proposed = proposals(answers)
  if (proposed.length === 0) return [choice('Go on', 'none', 'primary')]
  const isKept = (answers.report?.data ?? []).length > proposed.length
  return [
    choice(`Keep ${proposed.join(', ')}`, 'keep', 'primary'),
    choice(isKept ? 'Keep nothing else' : 'Keep nothing', 'none'),
  ]
}

const proposals = ({ report }: Answers): string[] =>
  (report?.data ?? []).filter(({ kept }) => !kept).map(({ path }) => path)

const checked = (path: string): string => {
  const { success, data, error } = VolumePath.safeParse(path)
  if (success) return data
  throw new TbsError('bad_value', `It takes ${error.issues[0]?.message}`)
}
