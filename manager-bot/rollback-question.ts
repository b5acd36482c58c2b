import type { Release, RollbackPreview } from '../deploy-engine/index.ts'
import type { Question } from './command.ts'
import { settingChange } from './setting-text.ts'
import { shortSha } from './status-text.ts'
import { type Block, bold, code, line, type Span } from './text/rich-text.ts'

/** From which version to which, the commits between them, and what becomes of the data. */
export const rollbackQuestion = (bot: string, preview: RollbackPreview): Question => {
  const { from, to, direction, hasVolumes } = preview
  const go = direction === 'back' ? 'Roll back' : 'Go'
  return {
    text: [
      line(bold(`${go} ${from ? `from v${from.number} ` : ''}to v${to.number} of ${bot}?`)),
      ...(from ? [line('From ', ...releaseSpans(from))] : [line('No version is active now.')]),
      line('To ', ...releaseSpans(to)),
      ...commitLines(preview),
      ...settingLines(preview),
      line(hasVolumes ? 'The data in its volumes is kept as it is.' : 'It has no volumes: no data is touched.'),
    ],
    yes: `${go} to v${to.number}`,
    no: from ? `Keep v${from.number}` : 'Leave it',
    input: { bot, release: `v${to.number}` },
  }
}

const settingLines = ({ settings: { from, to } }: RollbackPreview): Block[] => {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort()
  const changed = keys.filter((key) => from[key] !== to[key])
  if (changed.length === 0) return []
  return [line('Its settings change with it:'), ...changed.map((key) => settingChange(key, from[key], to[key]))]
}

const releaseSpans = ({ number, sha, subject }: Release): Span[] => [
  bold(`v${number}`),
  ' ',
  code(shortSha(sha)),
  ` “${subject}”`,
]

const commitLines = ({ from, commits, commitCount = 0, direction }: RollbackPreview): Block[] => {
  if (!from || !commits) return []
  if (commits.length === 0) return [line('Both are built from the same commits.')]
  const verb = direction === 'back' ? 'taken out' : 'brought in'
  const more = commitCount - commits.length
  return [
    line(`${commitCount === 1 ? 'One commit is' : `${commitCount} commits are`} ${verb}:`),
    ...commits.map(({ sha, subject }) => line('– ', code(shortSha(sha)), ` ${subject}`)),
    ...(more > 0 ? [line(`… and ${more} older`)] : []),
  ]
}
