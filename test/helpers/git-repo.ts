import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type GitRepo = {
  url: string
  directory: string
  /** Makes (or moves on) a branch whose tree is exactly these files; gives the commit's sha. */
  commit(branch: string, files: Record<string, string>, message?: string): Promise<string>
}

/** A real repository in a directory, with file:// as its URL. */
export const gitRepo = async (directory: string): Promise<GitRepo> => {
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('git', args, { cwd: directory, env: ENVIRONMENT })
    return stdout.trim()
  }
  await mkdir(directory, { recursive: true })
  await git('init', '--quiet', '--initial-branch', 'main')
  return {
    directory,
    url: `file://${directory}`,
    commit: async (branch, files, message = `Change ${branch}`) => {
      const exists = await git('rev-parse', '--verify', '--quiet', branch).then(
        () => true,
        () => false,
      )
      await git(...(exists ? ['checkout', '--quiet', branch] : ['checkout', '--quiet', '--orphan', branch]))
      await git('rm', '-r', '-f', '--quiet', '--ignore-unmatch', '.')
      for (const [path, content] of Object.entries(files)) {
        await rm(join(directory, path), { force: true })
        await mkdir(dirname(join(directory, path)), { recursive: true })
        await writeFile(join(directory, path), content)
      }
      await git('add', '--all')
      await git('commit', '--quiet', '--allow-empty', '-m', message)
      return git('rev-parse', 'HEAD')
    },
  }
}

const ENVIRONMENT = {
  PATH: process.env.PATH,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.org',
}
