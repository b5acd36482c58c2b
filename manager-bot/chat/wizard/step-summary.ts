import { type NewBot, Secret } from '../../../deploy-engine/index.ts'
import { bold, code, type Line, line, type RichText } from '../../text/rich-text.ts'
import type { Answers } from './answers.ts'
import { choice, type Step } from './step.ts'
import { accessIn } from './step-access.ts'
import { webhookNote } from './step-token.ts'

/** Everything once more. Deploy is the wizard's own. */
export const summaryStep: Step = {
  ask: ({ answers }) => ({
    title: 'Ready',
    text: summary(answers),
    choices: [[choice('Deploy', 'deploy', 'primary')]],
  }),
}

const summary = (answers: Answers): RichText => {
  const { repo = '', ref, path, report, account, tokenEnv = '', values, volumes, files } = answers
  const kept = (report?.data ?? []).filter((each) => each.kept).map((each) => each.path)
  const { username = '', webhookHost } = account ?? {}
  const access = accessIn(answers)
  return [
    line('Telegram: ', bold(`@${username}`)),
    line('Repository: ', code([repo, ref, path].filter((part) => part !== undefined).join(' '))),
    ...(access.key ? [line('Read with its deploy key.')] : []),
    ...(access.token ? [line('Read with your access token.')] : []),
    line(`Build: ${report?.build?.way ?? ''}`),
    ...list('Token variable', [tokenEnv]),
    ...list('Variables', Object.keys(values)),
    ...list('Data kept in', [...kept, ...volumes]),
    ...list('Config files', Object.keys(files)),
    line(
      bold(`If @${username} runs somewhere else now, stop it there first`),
      ': two would take each other’s updates.',
    ),
    ...(webhookHost === undefined ? [] : [line(webhookNote(webhookHost))]),
  ]
}

const list = (what: string, items: readonly string[]): Line[] =>
  items.length === 0 ? [] : [line(`${what}: `, code(items.join(', ')))]

/** What is registered. */
export const newBot = (answers: Answers): NewBot => {
  const { name = '', repo = '', ref, path, account, tokenEnv, values, volumes, files, ignoreDockerfile } = answers
  return {
    name,
    repo,
    token: new Secret(account?.token ?? ''),
    access: accessIn(answers),
    variables: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, new Secret(value)])),
    files: Object.entries(files).map(([file, content]) => ({ path: file, content: new Secret(content) })),
    volumes,
    ...(ref !== undefined && { branch: ref }),
    ...(path !== undefined && { path }),
    ...(tokenEnv !== undefined && { tokenEnv }),
    ...(ignoreDockerfile !== undefined && { ignoreDockerfile }),
  }
}
