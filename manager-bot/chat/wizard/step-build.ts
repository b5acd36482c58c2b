import { RepoPath, TbsError } from '../../../deploy-engine/index.ts'
import { bold, code, line, prose, type RichText } from '../../text/rich-text.ts'
import { type Answers, spot } from './answers.ts'
import { type Asked, choice, type Move, picked, type Step } from './step.ts'

const hearPath = (text: string, { answers }: Asked): Move => ({
  answers: { ...answers, path: checkedPath(text) },
  to: spot('look'),
})

/** Nothing that can be started was found in the root, or it is not clear which one is meant. */
export const folderStep: Step = {
  ask: ({ answers: { report } }) => ({
    title: 'Directory',
    text: [
      ...(report?.problem ? [line(...prose(report.problem.message))] : []),
      line('Which directory is the bot in? Press one, or send its path.'),
    ],
    choices: (report?.directories ?? []).slice(0, 20).map((path, index) => [choice(path, `pick:${index}`)]),
  }),
  hear: hearPath,
  choose: (name, { answers }) => {
    const path = answers.report?.directories[picked(name) ?? -1]
    if (path === undefined) throw new TbsError('bad_value', 'Press one of the buttons')
    return { answers: { ...answers, path }, to: spot('look') }
  },
}

const checkedPath = (text: string): string => {
  const { success, data, error } = RepoPath.safeParse(text.trim())
  if (success) return data
  throw new TbsError('bad_value', error.issues[0]?.message ?? 'this is no path')
}

/** It can't be built as it is. */
export const problemStep: Step = {
  ask: ({ answers: { report } }) => ({
    title: 'It can’t be built',
    text: [
      ...problemText(report?.problem),
      line('Change the repository and look again, send the path of another directory in it, or go back.'),
    ],
    choices: [[choice('Look again', 'again', 'primary')]],
  }),
  hear: hearPath,
  choose: (_name, { answers }) => ({ answers, to: spot('look') }),
}

const problemText = (problem: NonNullable<Answers['report']>['problem']): RichText =>
  problem === undefined
    ? []
    : [line(...prose(problem.message)), ...(problem.hint === undefined ? [] : [line(...prose(problem.hint))])]

export const buildStep: Step = {
  ask: ({ answers }) => ({ title: 'How to build it', text: buildText(answers), choices: [buildChoices(answers)] }),
  choose: (name, { answers }) => {
    if (name === 'go') return { answers }
    return { answers: { ...answers, ignoreDockerfile: name === 'ignore' }, to: spot('look') }
  },
}

const buildText = ({ report, ref }: Answers): RichText => {
  if (!report) return []
  const { build, sha, subject, branch, directory, webhook } = report
  const where = ref ?? branch
  return [
    line(where === undefined ? '' : `${where} is at `, code(sha.slice(0, 7)), ` “${subject}”`),
    ...(directory === '' ? [] : [line('In the directory ', code(directory))]),
    line(bold(build?.way ?? '')),
    ...(build?.evidence ?? []).slice(0, SHOWN).map((evidence) => line(...prose(`– ${evidence}`))),
    ...(build?.alternative === undefined ? [] : [line(`Without the Dockerfile: ${build.alternative}`)]),
    ...(webhook?.only
      ? [line(`It seems to be called by Telegram (${webhook.evidence}): it needs a public address of its own.`)]
      : []),
  ]
}

const SHOWN = 8

const buildChoices = ({ report, ignoreDockerfile }: Answers) => [
  choice('Build it like this', 'go', 'primary'),
  ...(report?.build?.alternative === undefined ? [] : [choice('Ignore the Dockerfile', 'ignore')]),
  ...(ignoreDockerfile ? [choice('Use the Dockerfile', 'own')] : []),
]
