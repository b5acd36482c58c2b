import { execFile } from 'node:child_process'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import {
  type BuildPlan,
  interesting,
  planBuild,
  type RepoFacts,
  repoFacts,
  type SourceTree,
  TbsError,
} from '../../deploy-engine/index.ts'
import { report } from './report.ts'

export type ValidateOptions = { path?: string; dockerfile?: true; json?: true }

/**
 * Prints how the repository in a directory would be built and started, as a deploy decides it, and gives the exit code.
 * Needs neither Docker nor a database.
 */
export const validate = async (directory: string, { path, dockerfile, json }: ValidateOptions): Promise<number> => {
  try {
    const tree = await treeOf(resolve(directory))
    const choices = { tokenEnv: null, path: path ?? null, ignoreDockerfile: false, volumes: [] }
    const plan = planBuild(tree, choices)
    const text = () => textOf(plan, repoFacts(tree, choices), dockerfile ?? false)
    process.stdout.write(json ? `${JSON.stringify(plan)}\n` : text())
    return 0
  } catch (error) {
    return report(error, { json: json ?? false })
  }
}

const textOf = (plan: BuildPlan, { variables, configFiles }: RepoFacts, withDockerfile: boolean): string => {
  const { kind, tokenEnv, volumes, env, command, evidence } = plan.release
  const own = `its own ${plan.dockerfilePath}${plan.buildkit === undefined ? '' : ', by BuildKit'}`
  const generated = `a generated Dockerfile for ${kind === 'node' ? 'Node' : 'Python'}`
  const facts: [string, string][] = [
    ['Built from', kind === 'dockerfile' ? own : generated],
    ['Context', plan.context === '' ? 'the whole repository' : plan.context],
    ['Start', command?.join(' ') ?? /^CMD (.*)$/m.exec(plan.dockerfile)?.[1] ?? 'as the image says'],
    ['Token variable', tokenEnv],
    ['Other variables', Object.keys(env).join(', ') || 'none'],
    ['Volumes', volumes.join(', ') || 'none'],
    ...wanted(
      'To be set',
      variables.filter(({ ask }) => ask).map(({ name }) => name),
    ),
    ...wanted(
      'Config files',
      configFiles.map(({ example, target }) => `${target} (as in ${example})`),
    ),
  ]
  const lines = [
    ...facts.map(([name, value]) => `${name.padEnd(17)}${value}`),
    '',
    ...evidence.map((one) => `- ${one}`),
  ]
  return `${[...lines, ...(withDockerfile ? ['', plan.dockerfile.trimEnd()] : [])].join('\n')}\n`
}

const wanted = (title: string, list: string[]): [string, string][] =>
  list.length === 0 ? [] : [[title, list.join(', ')]]

/** What git tracks, as a deploy would find it; without git, the directory. */
const treeOf = async (directory: string): Promise<SourceTree> => {
  const files = ((await trackedFiles(directory)) ?? (await allFiles(directory))).sort()
  const text = new Map<string, string>()
  for (const path of files.filter(interesting)) {
    const content = await readText(join(directory, path))
    if (content !== undefined) text.set(path, content)
  }
  return { files, text }
}

const trackedFiles = async (directory: string): Promise<string[] | undefined> => {
  const options = { maxBuffer: 256 * 1024 * 1024 }
  const command = ['-c', 'core.fsmonitor=false', '-C', directory, 'ls-files', '-z']
  const { stdout } = await promisify(execFile)('git', command, options).catch(() => ({ stdout: '' }))
  // Also without git, outside of a repository, and in one that has no files yet.
  const files = stdout.split('\0').filter(Boolean)
  return files.length === 0 ? undefined : files
}

const allFiles = async (directory: string): Promise<string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new TbsError('unreadable', `${directory} is not a directory that can be read`, {
      hint: 'Name the directory of a repository: tbs-manager validate <directory>',
      cause,
    })
  })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|\.git)\//.test(path))
}

const READABLE_BYTES = 1024 * 1024

/** A link may lead anywhere, a deleted file may still be tracked: neither is read. */
const readText = async (path: string): Promise<string | undefined> => {
  const found = await lstat(path).catch(() => undefined)
  return found?.isFile() && found.size <= READABLE_BYTES ? readFile(path, 'utf8') : undefined
}
