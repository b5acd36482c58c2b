import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { BRANCHES, edited, type Files } from './echo-branches.ts'

/**
 * Makes a git repository of the template, with a branch for each way in which a bot can go well or wrong. One that was
 * made of the same files before is left as it is. Throws if the directory holds anything that was not made here.
 */
export const makeEchoRepo = async (
  directory: string,
  { template }: { template: string },
): Promise<{ url: string; branches: string[] }> => {
  const versions = versionsOf(await readTemplate(template))
  const content = createHash('sha256').update(JSON.stringify(versions)).digest('hex')
  if ((await contentOf(directory)) !== content) await replace(directory, versions, content)
  return { url: pathToFileURL(directory).href, branches: versions.map(({ branch }) => branch) }
}

type Version = { branch: string; message: string; files: Files }

const versionsOf = (main: Files): Version[] => [
  { branch: 'main', message: 'Answer every text with the same text', files: main },
  ...BRANCHES.map(({ name, message, edits }) => ({ branch: name, message, files: edits.reduce(edited, main) })),
]

const readTemplate = async (template: string): Promise<Files> => {
  const entries = await readdir(template, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const own = paths.filter((path) => !/(^|\/)(node_modules\/|\.env$)/.test(relative(template, path))).sort()
  const texts = own.map(async (path) => [relative(template, path), await readFile(path, 'utf8')] as const)
  return Object.fromEntries(await Promise.all(texts))
}

/** Names what a repository was made of; written last, so that a repository with it is whole. */
const MARK = join('.git', 'made-of')

const contentOf = (directory: string): Promise<string | undefined> =>
  readFile(join(directory, MARK), 'utf8').catch(ignoreMissing)

/** The new repository is made beside the old one, so that an end in between leaves one of the two. */
const replace = async (directory: string, versions: Version[], content: string): Promise<void> => {
  const present = await readdir(directory).catch(ignoreMissing)
  if (present?.length && (await contentOf(directory)) === undefined) {
    throw new Error(`${directory} is not empty, and what is in it was not made by the demo`)
  }
  const fresh = `${directory}.new`
  await rm(fresh, { recursive: true, force: true })
  await commitAll(fresh, versions)
  await writeFile(join(fresh, MARK), content)
  await rm(directory, { recursive: true, force: true })
  await rename(fresh, directory)
}

/** One commit for main and one more on each other branch. */
const commitAll = async (directory: string, versions: Version[]): Promise<void> => {
  await mkdir(directory, { recursive: true })
  const git = async (...args: string[]): Promise<void> => {
    await promisify(execFile)('git', args, { cwd: directory, env: GIT_ENVIRONMENT })
  }
  await git('init', '--quiet', '--initial-branch', 'main')
  for (const { branch, message, files } of versions) {
    if (branch !== 'main') await git('checkout', '--quiet', '-b', branch, 'main')
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true })
      await writeFile(join(directory, path), text)
    }
    await git('add', '--all')
    await git('commit', '--quiet', '--message', message)
  }
  await git('checkout', '--quiet', 'main')
}

/** Nothing of the user's own settings, and fixed names and dates: the same template gives the same commits. */
const GIT_ENVIRONMENT = {
  PATH: '/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'echo-bot',
  GIT_AUTHOR_EMAIL: 'echo-bot@example.org',
  GIT_AUTHOR_DATE: '2026-01-01T12:00:00Z',
  GIT_COMMITTER_NAME: 'echo-bot',
  GIT_COMMITTER_EMAIL: 'echo-bot@example.org',
  GIT_COMMITTER_DATE: '2026-01-01T12:00:00Z',
}

const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error
}
