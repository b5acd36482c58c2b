import {
  type BotVariable,
  checkVariables,
  EnvKey,
  looksSecret,
  Secret,
  TbsError,
} from '../../../deploy-engine/index.ts'
import { bold, code, line, type RichText, type Span } from '../../text/rich-text.ts'
import type { Answers } from './answers.ts'
import { askedVariables } from './following.ts'
import { type Choice, choice, type Step } from './step.ts'

/** Those of the repository's examples, with their defaults. */
export const variablesStep: Step = {
  ask: ({ answers }) => ({
    title: 'Variables',
    text: overview(answers),
    choices: [[choice('Go on', 'go', 'primary')]],
  }),
  isSecret: (text) => {
    const { name, value } = assignment(text) ?? { name: '', value: text }
    return looksSecret(name, value)
  },
  hear: (text, { answers }) => {
    const found = assignment(text)
    if (!found) throw new TbsError('bad_value', 'To set a variable send NAME=value, else press Go on')
    return { ...store(answers, found), to: { step: 'variables', index: 0 } }
  },
  choose: (_name, { answers }) => ({ answers }),
}

const assignment = (text: string): { name: string; value: string } | undefined => {
  const [, name, value] = /^\s*([A-Za-z_]\w*)=([\s\S]*?)\s*$/.exec(text) ?? []
  return name !== undefined && value !== undefined && EnvKey.safeParse(name).success ? { name, value } : undefined
}

const SHOWN = 15

const overview = (answers: Answers): RichText => {
  const variables = answers.report?.variables ?? []
  const used = variables.filter(({ ask, value }) => !ask && value !== undefined)
  const asked = askedVariables(answers)
  const read = variables.filter(({ ask, value }) => !ask && value === undefined)
  const set = Object.keys(answers.values)
  return [
    ...(used.length > 0 ? [line('Set by the repository:')] : []),
    ...used.slice(0, SHOWN).map(({ name, value }) => line('– ', code(`${name}=${value}`))),
    ...(used.length > SHOWN ? [line(`… and ${used.length - SHOWN} more`)] : []),
    ...listed('Next I ask for ', asked),
    ...listed('It also reads ', read),
    ...listed(
      'Set by you: ',
      set.map((name) => ({ name })),
    ),
    line('To set another one, or to change one, send ', code('NAME=value')),
  ]
}

const listed = (what: string, variables: readonly Pick<BotVariable, 'name'>[]): RichText => {
  if (variables.length === 0) return []
  const names = variables.slice(0, SHOWN).flatMap(({ name }, index): Span[] => [index === 0 ? '' : ', ', code(name)])
  return [line(what, ...names, variables.length > SHOWN ? ` and ${variables.length - SHOWN} more` : '')]
}

/** One that has no default that will do. */
export const variableStep: Step = {
  ask: ({ answers, index }) => {
    const all = askedVariables(answers)
    const variable = all[index]
    const { name = '', comment, evidence = '' } = variable ?? {}
    return {
      title: `Variable ${index + 1} of ${all.length}`,
      text: [
        line(bold(name), comment === undefined ? '' : `: ${comment}`),
        line('Named in ', code(evidence)),
        ...(answers.values[name] === undefined ? [] : [line('It is set already.')]),
        line(looksSecret(name, '') ? 'Send its value; I delete that message at once.' : 'Send its value.'),
      ],
      choices: [choicesFor(variable)],
    }
  },
  isSecret: (text, { answers, index }) => looksSecret(askedVariables(answers)[index]?.name ?? '', text),
  hear: (text, { answers, index }) =>
    store(answers, { name: askedVariables(answers)[index]?.name ?? '', value: text.trim() }),
  choose: (choice, { answers, index }) => {
    const name = askedVariables(answers)[index]?.name ?? ''
    if (choice === 'empty') return { answers: { ...answers, values: { ...answers.values, [name]: '' } } }
    const { [name]: _, ...values } = answers.values
    return { answers: { ...answers, values } }
  },
}

const choicesFor = (variable: BotVariable | undefined): Choice[] => [
  variable?.value === undefined ? choice('Leave it out', 'skip') : choice(`Use ${variable.value}`, 'skip'),
  choice('Leave it empty', 'empty'),
]

const store = (answers: Answers, { name, value }: { name: string; value: string }) => {
  checkVariables({ [name]: new Secret(value) })
  if (name === answers.tokenEnv) throw new TbsError('bad_value', `${name} carries the bot’s token, which you sent`)
  const note = [line(code(name), ' is set.')]
  return { answers: { ...answers, values: { ...answers.values, [name]: value } }, note }
}
