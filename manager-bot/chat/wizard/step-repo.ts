import { protocolOf, RefName, RepoPath, RepoUrl, TbsError } from '../../../deploy-engine/index.ts'
import { code, line } from '../../text/rich-text.ts'
import type { Answers } from './answers.ts'
import { typedRepo } from './git-url.ts'
import type { Step } from './step.ts'

export const repoStep: Step = {
  ask: ({ answers: { repo } }) => ({
    title: 'Repository',
    text: [
      line('Where is its code? Send the address of its git repository:'),
      line(code('https://github.com/me/my-bot')),
      line(code('git@github.com:me/my-bot.git')),
      line('I take the default branch. For another one, write its name after the address.'),
      ...(repo === undefined ? [] : [line('Until now: ', code(repo))]),
    ],
    choices: [],
  }),
  // An address with a password in it, which is refused.
  isSecret: (text) => /^https?:\/\/[^/\s]+@|:\/\/[^/\s:@]*:[^/\s@]*@/i.test(text),
  hear: (text, { answers, engine }) => {
    const { repo, ref, path } = typedRepo(text.trim())
    check(RepoUrl, repo)
    if (ref !== undefined) check(RefName, ref)
    if (path !== undefined) check(RepoPath, path)
    const allowed = engine.settings.gitProtocols
    if (!allowed.includes(protocolOf(repo) ?? '')) {
      throw new TbsError('protocol_refused', `${protocolOf(repo)} repositories are not allowed here`, {
        hint: `Allowed are: ${allowed.join(', ')} (TBS_GIT_PROTOCOLS)`,
      })
    }
    const named = { repo, ...(ref !== undefined && { ref }), ...(path !== undefined && { path }) }
    return { answers: { ...withoutRepo(answers), ...named } }
  },
}

type Schema = { safeParse(value: string): { success: boolean; error?: { issues: { message: string }[] } } }

const check = (schema: Schema, value: string): void => {
  const { success, error } = schema.safeParse(value)
  if (!success) throw new TbsError('bad_value', error?.issues[0]?.message ?? 'not understood')
}

/** What was found or chosen in another repository means nothing here. */
const withoutRepo = ({ name, account }: Answers): Answers => ({
  ...(name !== undefined && { name }),
  ...(account && { account }),
  values: {},
  volumes: [],
  files: {},
})
