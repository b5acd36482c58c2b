import { createHash } from 'node:crypto'
import { TbsError } from '../../../deploy-engine/index.ts'
import { createSshKey } from '../../../deploy-engine/io/git/ssh-key.ts'
import type { FilesPort, GitPort } from '../../../deploy-engine/ports.ts'
import type { VirtualClock } from './virtual-clock.ts'

export type MemoryGit = {
  port: GitPort
  /** Moves a branch on to a commit with exactly these files; gives its sha. */
  commit(branch: string, files: Record<string, string>): string
}

const FETCH_MS = 150
const CHECKOUT_MS = 30

/** One repository, whatever the URL. */
export const memoryGit = (clock: VirtualClock, files: FilesPort): MemoryGit => {
  const commits = new Map<string, { branch: string; files: Record<string, string>; parent: string | undefined }>()
  const branches = new Map<string, string>()
  return {
    port: {
      fetch: async ({ url, ref }, signal) => {
        await clock.sleep(FETCH_MS, signal)
        const wanted = ref ?? 'main'
        const sha = branches.get(wanted) ?? [...commits.keys()].find((commit) => commit.startsWith(wanted))
        if (sha === undefined) throw new TbsError('unknown_ref', `${url} has no branch, tag or commit ${wanted}`)
        return { sha }
      },
      checkout: async ({ sha, directory }, signal) => {
        await clock.sleep(CHECKOUT_MS, signal)
        for (const [path, text] of Object.entries(commits.get(sha)?.files ?? {})) {
          await files.writeText(`${directory}/${path}`, text)
        }
        return { subject: `Change ${commits.get(sha)?.branch}` }
      },
      log: async ({ from, to, limit }) => {
        const between: { sha: string; subject: string }[] = []
        for (let sha: string | undefined = to; sha !== from; sha = commits.get(sha)?.parent) {
          if (sha === undefined) return undefined
          between.push({ sha, subject: `Change ${commits.get(sha)?.branch}` })
        }
        return { newest: between.slice(0, limit), count: between.length }
      },
      ask: (_remote, signal) => clock.sleep(FETCH_MS, signal).then(() => 'main'),
      tidy: async () => {},
      createKey: createSshKey,
    },
    commit: (branch, content) => {
      const sha = createHash('sha1')
        .update(JSON.stringify([branch, content, commits.size]))
        .digest('hex')
      commits.set(sha, { branch, files: content, parent: branches.get(branch) })
      branches.set(branch, sha)
      return sha
    },
  }
}
