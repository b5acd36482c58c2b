import type { Engine } from '../ports.ts'
import { probeLabels } from './labels.ts'
import { type NetworkView, readProbe } from './socket-table.ts'

/** Has sh, cat and getent; the base of generated images, so that it is there already as a rule. */
export const PROBE_IMAGE = 'node:24-bookworm-slim'

const SCRIPT = 'getent ahosts "$1"; cat /proc/net/tcp /proc/net/tcp6 /proc/net/dev'

/** Looks into a bot's network namespace from a container beside it; undefined when that could not be done. */
export const probeNetwork = async (
  { docker, settings }: Engine,
  { bot, container }: { bot: string; container: string },
  signal: AbortSignal,
): Promise<NetworkView | undefined> => {
  const root = new URL(settings.botsApiRoot)
  const port = Number(root.port) || (root.protocol === 'http:' ? 80 : 443)
  const command = ['sh', '-c', SCRIPT, 'probe', root.hostname]
  const labels = probeLabels(settings.instance, bot)
  try {
    const output = await docker.runBeside(container, { image: PROBE_IMAGE, command, labels }, signal)
    return readProbe(output, port)
  } catch {
    // The container has just ended, which its inspection tells better; or Docker is busy: the next look decides.
    signal.throwIfAborted()
    return undefined
  }
}
