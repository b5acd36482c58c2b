import { TbsError, VolumePath } from '../../../deploy-engine/index.ts'
import { bold, code, line, prose } from '../../text/rich-text.ts'
import { splitWords } from '../../words.ts'
import type { Answers } from './answers.ts'
import { choice, type Step } from './step.ts'

/** Directories whose content is to outlive a deploy. */
export const dataStep: Step = {
  ask: ({ answers }) => {
    const all = answers.report?.data ?? []
    const proposed = proposals(answers)
    return {
      title: 'Data',
      text: [
        line('What the bot writes elsewhere than in these directories is lost with each deploy.'),
        ...all.flatMap(({ path, kept, evidence }) => [
          line(bold(path), kept ? ' is kept by itself' : ' looks like data'),
          ...(evidence === '' ? [] : [line(...prose(`  ${evidence}`))]),
        ]),
        line('Another one: send its path in the container, such as ', code('/app/storage')),
      ],
      choices: [
        [
          ...(proposed.length > 0 ? [choice(`Keep ${proposed.join(', ')}`, 'keep', 'primary')] : []),
          choice(all.length > proposed.length ? 'No other' : 'None', 'none'),
        ],
      ],
    }
  },
  hear: (text, { answers }) => ({
    answers: { ...answers, volumes: splitWords(text.replaceAll(',', ' ')).map(checked) },
  }),
  choose: (name, { answers }) => ({ answers: { ...answers, volumes: name === 'keep' ? proposals(answers) : [] } }),
}

const proposals = ({ report }: Answers): string[] =>
  (report?.data ?? []).filter(({ kept }) => !kept).map(({ path }) => path)

const checked = (path: string): string => {
  const { success, data, error } = VolumePath.safeParse(path)
  if (success) return data
  throw new TbsError('bad_value', `It takes ${error.issues[0]?.message}`)
}
