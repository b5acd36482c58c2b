import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../../data-dir.ts'
import { type KnownHosts, knownHosts } from './known-hosts.ts'
import { type MadeKey, madeKeyIn } from './made-key.ts'

/** What is kept of servers on the side of whoever installs: their host keys, and a key of ours. */
export const ownKeys = (env: Environment): { known: KnownHosts; madeKey: MadeKey } => {
  const directory = join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'tbs-manager')
  return { known: knownHosts(join(directory, 'known-hosts')), madeKey: madeKeyIn(directory) }
}
