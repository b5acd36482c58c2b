import { checkToken, EnvKey, Secret, TbsError } from '../../../deploy-engine/index.ts'
import { bold, code, line } from '../../text/rich-text.ts'
import { TOKENS } from '../token-kinds.ts'
import type { Answers } from './answers.ts'
import { choice, picked, type Step } from './step.ts'

export const tokenStep: Step = {
  ask: ({ answers: { account } }) => ({
    title: 'Token',
    text: [
      line('Now send the token that @BotFather gave you, as one message. I delete that message at once.'),
      account
        ? line(`Until now: that of @${account.username}`)
        : line('No bot in Telegram yet? Send ', code('/newbot'), ' to @BotFather first.'),
    ],
    choices: account ? [[choice(`Keep @${account.username}`, 'keep', 'primary')]] : [],
  }),
  isSecret: (text) => TOKENS.bot.find(text) !== undefined || TOKENS.bot.almost.test(text),
  hear: async (text, { answers, engine }) => {
    const found = TOKENS.bot.find(text)
    if (found === undefined) throw new TbsError('bad_value', TOKENS.bot.refusal)
    const { token, id, username, webhookHost } = await checkToken(engine, new Secret(found))
    const account = { token: token.reveal(), id, username, ...(webhookHost !== undefined && { webhookHost }) }
    const note = [
      line('That is the token of ', bold(`@${username}`), '.'),
      ...(webhookHost === undefined ? [] : [line(webhookNote(webhookHost))]),
    ]
    return { answers: { ...answers, account }, note }
  },
  choose: (_name, { answers }) => ({ answers }),
}

export const webhookNote = (host: string): string =>
  `Telegram sends its updates to ${host} now: while that webhook is set, nothing here can ask for them.`

/** The variable that the program reads its token from. */
export const tokenEnvStep: Step = {
  ask: ({ answers }) => {
    const { name = '', evidence = '' } = answers.report?.token ?? {}
    return {
      title: 'Token variable',
      text: [
        ...(evidence === ''
          ? [line('I did not find where the program reads its token. The usual name is ', code(name), '.')]
          : [line('The program reads its token from ', code(name), ':'), line('– ', code(evidence))]),
        line('Press the right name, or send another one.'),
      ],
      choices: names(answers).map((each, index) => [
        choice(each, `pick:${index}`, index === 0 ? 'primary' : undefined),
      ]),
    }
  },
  hear: (text, { answers }) => {
    const { success, data } = EnvKey.safeParse(text.trim())
    if (success) return { answers: { ...answers, tokenEnv: data } }
    throw new TbsError('bad_value', 'The name of a variable is letters, digits and _')
  },
  choose: (name, { answers }) => {
    const tokenEnv = names(answers)[picked(name) ?? -1]
    if (tokenEnv === undefined) throw new TbsError('bad_value', 'Press one of the buttons')
    return { answers: { ...answers, tokenEnv } }
  },
}

const names = ({ report }: Answers): string[] => (report ? [report.token.name, ...report.token.others] : [])
