import type { Engine } from '../ports.ts'
import { probeLabels } from './labels.ts'
import { PROBE_SCRIPT } from './probe-script.ts'
import { type NetworkView, readProbe } from './socket-table.ts'

/** Has Perl; the base of generated images, so that it is there already as a rule. */
export const PROBE_IMAGE = 'node:24-bookworm-slim'

/** Looks into a bot's network namespace from a container beside it; undefined when that could not be done. */
export const probeNetwork = async (
  { docker, settings }: Engine,
  { bot, container }: { bot: string; container: string },
  signal: AbortSignal,
): Promise<NetworkView | undefined> => {
  const root = new URL(settings.botsApiRoot)
  const port = Number(root.port) || (root.protocol === 'http:' ? 80 : 443)
  const command = ['perl', '-e', PROBE_SCRIPT, root.hostname]
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
