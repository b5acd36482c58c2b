import { checkConfigFiles, Secret } from '../../../deploy-engine/index.ts'
import { bold, code, line } from '../../text/rich-text.ts'
import type { Answers } from './answers.ts'
import { choice, type Step } from './step.ts'

/** A file that the program reads and the repository has an example of only. */
export const configStep: Step = {
  ask: ({ answers, index }) => {
    const { target = '', example = '' } = answers.report?.configFiles[index] ?? {}
    return {
      title: 'Config file',
      text: [
        line('The program reads ', bold(target), '; the repository has only an example of it, ', code(example), '.'),
        line('Send yours as a file of at most 64 KiB, or its text as a message. I delete that message at once.'),
        ...(answers.files[target] === undefined ? [] : [line('There is one already.')]),
      ],
      choices: [[choice('Skip', 'skip')]],
    }
  },
  isSecret: () => true,
  takesFile: true,
  hear: (text, { answers, index }) => {
    const path = targetAt(answers, index)
    checkConfigFiles([{ path, content: new Secret(text) }])
    const note = [line(code(path), ' is stored.')]
    return { answers: { ...answers, files: { ...answers.files, [path]: text } }, note }
  },
  choose: (_name, { answers, index }) => {
    const { [targetAt(answers, index)]: _, ...files } = answers.files
    return { answers: { ...answers, files } }
  },
}

const targetAt = ({ report }: Answers, index: number): string => report?.configFiles[index]?.target ?? ''
