import { z } from 'zod'
import { type RepoFacts, repoFacts } from '../image/repo-facts.ts'
import { RefName, RepoPath, RepoUrl } from '../names.ts'
import type { Engine, GitAccess } from '../ports.ts'
import { redact } from '../secret.ts'
import { checkValue, refuseProtocol } from './check-value.ts'
import { readTree } from './read-tree.ts'

export type RepoLook = { repo: string; ref?: string; path?: string; access?: GitAccess; ignoreDockerfile?: boolean }

export type RepoReport = RepoFacts & {
  sha: string
  subject: string
  /** The branch that the server gives to whoever names none; absent where a ref was named. */
  branch?: string
}

const Asked = z.object({ repo: RepoUrl, ref: RefName.optional(), path: RepoPath.optional() })

/**
 * Looks at a repository that no bot is registered for yet, and leaves nothing behind. That it can't be built is no
 * failure but part of the report. Fails with `bad_value`, `protocol_refused` and what fetching fails with.
 */
export const lookAtRepo = async (engine: Engine, look: RepoLook, signal: AbortSignal): Promise<RepoReport> => {
  const { repo: url, ref, path } = checkValue(Asked, { repo: look.repo, ref: look.ref, path: look.path })
  refuseProtocol(engine, url)
  const { git, files } = engine
  const access = look.access ?? {}
  const mirror = await files.temporary('look-mirror')
  const directory = await files.temporary('look-source')
  try {
    const { sha } = await git.fetch({ mirror, url, access, ...(ref !== undefined && { ref }) }, signal)
    const branch = ref === undefined ? await git.ask({ url, access }, signal) : undefined
    const { subject } = await git.checkout({ mirror, sha, directory, access }, signal)
    const choices = {
      tokenEnv: null,
      path: path ?? null,
      ignoreDockerfile: look.ignoreDockerfile ?? false,
      volumes: [],
    }
    const facts = repoFacts(await readTree(files, directory), choices)
    return { ...facts, sha, subject: redact(subject, secretsIn(access)), ...(branch !== undefined && { branch }) }
  } finally {
    await files.remove(directory)
    await files.remove(mirror)
  }
}

const secretsIn = ({ key, token }: GitAccess) => [key, token].filter((secret) => secret !== undefined)
