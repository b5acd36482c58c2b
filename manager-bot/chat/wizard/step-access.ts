import { type GitAccess, GitToken, protocolOf, Secret, TbsError } from '../../../deploy-engine/index.ts'
import { bold, code, line, pre } from '../../text/rich-text.ts'
import { type Answers, spot } from './answers.ts'
import { keysPages, overHttps, overSsh, tokensPage } from './git-url.ts'
import { type Asked, choice, type Step } from './step.ts'

/** The repository was not given to whoever asks: with what shall it be read? */
export const accessStep: Step = {
  ask: (asked) => {
    const { repo = '' } = asked.answers
    const key = ways(asked).ssh === undefined ? [] : [choice('Deploy key', 'key', 'primary')]
    const token = ways(asked).https === undefined ? [] : [choice('Access token', 'token')]
    return {
      title: 'Private repository',
      text: [
        line(code(repo), ' is private, or it does not exist. If the address is right, how may I read it?'),
        ...(key.length > 0
          ? [line('– ', bold('Deploy key'), ': I make one, you add it to the repository. It opens nothing else.')]
          : []),
        ...(token.length > 0
          ? [line('– ', bold('Access token'), ': you make one where the repository is, and send it here.')]
          : []),
        line('If the address is wrong, send the right one.'),
      ],
      choices: [[...key, ...token]],
    }
  },
  choose: (name, asked) => {
    const { answers, engine } = asked
    const { ssh, https } = ways(asked)
    if (name === 'key' && ssh !== undefined)
      return { answers: withKey({ ...answers, repo: ssh }, engine), to: spot('key') }
    if (name === 'token' && https !== undefined) return { answers: { ...answers, repo: https }, to: spot('gittoken') }
    throw new TbsError('bad_value', 'Press one of the buttons')
  },
}

const ways = ({ answers: { repo = '' }, engine: { settings } }: Asked) => ({
  ssh: settings.gitProtocols.includes('ssh') ? overSsh(repo) : undefined,
  https: settings.gitProtocols.includes('https') ? overHttps(repo) : undefined,
})

const withKey = (answers: Answers, engine: Asked['engine']): Answers => {
  if (answers.key) return answers
  const { privateKey, publicKey } = engine.git.createKey()
  return { ...answers, key: { secret: privateKey.reveal(), shown: publicKey } }
}

const ADDED = 'I added it'

export const keyStep: Step = {
  ask: ({ answers: { repo = '', key } }) => ({
    title: 'Deploy key',
    text: [
      line('Add this key to the repository as a deploy key. It needs no write access.'),
      pre(key?.shown ?? ''),
      ...keysPages(repo).map((page) => line(page)),
      line('Then press ', bold(ADDED), '.'),
    ],
    choices: [[choice(ADDED, 'added', 'primary')]],
  }),
  choose: (_name, { answers }) => ({ answers, to: spot('look') }),
}

export const gitTokenStep: Step = {
  ask: ({ answers: { repo = '' } }) => ({
    title: 'Access token',
    text: [
      line('Now send a token that may read ', code(repo), ', as one message. I delete that message at once.'),
      line(`Make it here: ${tokensPage(repo)}`),
    ],
    choices: [],
  }),
  isSecret: () => true,
  hear: (text, { answers }) => {
    const { success, data } = GitToken.safeParse(text)
    if (success) return { answers: { ...answers, gitToken: data }, to: spot('look') }
    throw new TbsError('bad_value', 'That is not an access token: one is a single word of 8 to 500 letters and signs')
  },
}

/** What to read the repository with, as far as its address takes it. */
export const accessIn = ({ repo = '', key, gitToken }: Answers): GitAccess => ({
  ...(key && protocolOf(repo) === 'ssh' && { key: new Secret(key.secret) }),
  ...(gitToken !== undefined && protocolOf(repo) === 'https' && { token: new Secret(gitToken) }),
})
