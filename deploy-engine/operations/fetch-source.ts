import { join } from 'node:path'
import { interesting, type SourceTree } from '../image/source-tree.ts'
import { type Run, step } from './journal.ts'

export type Source = { directory: string; sha: string; subject: string; ref: string; tree: SourceTree }

/** Brings the wanted commit's files into a temporary directory, which the caller removes. */
export const fetchSource = (run: Run): Promise<Source> =>
  step(run, {
    name: 'fetch',
    act: async (say) => {
      const { engine, bot, operation, signal } = run
      const mirror = join(engine.settings.dataDir, 'repos', String(bot.id))
      const ref = operation.args.ref ?? bot.branch ?? undefined
      const { sha, subject } = await engine.git.fetch({ mirror, url: bot.repo, ...(ref && { ref }) }, signal)
      await say(`${sha.slice(0, 7)} ${subject}`)
      const directory = await engine.files.temporary(`source-${operation.id}`)
      await engine.git.checkout({ mirror, sha, directory }, signal)
      return { directory, sha, subject, ref: ref ?? 'HEAD', tree: await readTree(run, directory) }
    },
  })

const readTree = async ({ engine }: Run, directory: string): Promise<SourceTree> => {
  const files = await engine.files.list(directory)
  const text = new Map<string, string>()
  for (const path of files.filter(interesting)) {
    const content = await engine.files.readText(join(directory, path))
    if (content !== undefined) text.set(path, content)
  }
  return { files, text }
}
