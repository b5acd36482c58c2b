import { TbsError } from '../error.ts'
import { hasDirectory, type SourceTree } from '../image/source-tree.ts'
import type { FetchedRef } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { redact } from '../secret.ts'
import { runnableDirectories } from '../source/runnable-directories.ts'
import { gitAccess, withAccessHint } from './git-access.ts'
import { type Run, step } from './journal.ts'
import { mirrorPath } from './mirror-path.ts'
import { readTree } from './read-tree.ts'

export type Source = FetchedRef & CheckedOut & { ref: string }

type CheckedOut = { directory: string; subject: string; tree: SourceTree }

/** Brings the wanted commit's files into a temporary directory, which the caller removes. */
export const fetchSource = (run: Run): Promise<Source> =>
  step(run, {
    name: 'fetch',
    act: async () => {
      const { engine, bot, operation, signal } = run
      const mirror = mirrorPath(engine, bot)
      const ref = operation.args.ref ?? bot.branch ?? undefined
      const access = await gitAccess(engine, bot)
      try {
        const request = { mirror, url: bot.repo, access, ...(ref && { ref }) }
        const found = await engine.git.fetch(request, signal)
        const files = await checkOut(run, { mirror, sha: found.sha, access })
        return { ...found, ...files, subject: redact(files.subject, run.secrets), ref: ref ?? 'HEAD' }
      } catch (error) {
        throw withBranchHint(withAccessHint(error, bot), run)
      }
    },
    found: detailOf,
  })

const detailOf = ({ sha, subject, note }: Source): string =>
  [`${sha.slice(0, 7)} ${subject}`, ...(note === undefined ? [] : [note])].join('\n')

type Checkout = Parameters<Run['engine']['git']['checkout']>[0]

const checkOut = async (
  { engine, bot, operation, signal }: Run,
  commit: Omit<Checkout, 'directory'>,
): Promise<CheckedOut> => {
  const directory = await engine.files.temporary(`source-${operation.id}`)
  try {
    const { subject } = await engine.git.checkout({ ...commit, directory }, signal)
    const tree = await readTree(engine.files, directory)
    if (bot.path !== null && !hasDirectory(tree, bot.path)) throw unknownPath(bot, bot.path, tree)
    return { directory, subject, tree }
  } catch (error) {
    await engine.files.remove(directory)
    throw error
  }
}

const unknownPath = ({ name, repo }: Bot, path: string, { files }: SourceTree): TbsError => {
  const others = runnableDirectories(files, path)
  const shown = others.length > 0 ? ` Directories that can be started: ${others.join(', ')}` : ''
  return new TbsError('unknown_path', `${repo} has no directory ${path} in this commit`, {
    hint: `Change it with /set ${name} path=<directory>.${shown}`,
  })
}

// Whoever typed a ref can type another; a bot's own branch is a setting.
const withBranchHint = (error: unknown, { bot, operation }: Run): unknown => {
  if (!(error instanceof TbsError) || error.code !== 'unknown_ref') return error
  if (operation.args.ref !== undefined || bot.branch === null) return error
  const hint = `Another branch: /set ${bot.name} branch=<name>. ${error.hint ?? ''}`.trim()
  return new TbsError(error.code, error.message, { hint, cause: error })
}
