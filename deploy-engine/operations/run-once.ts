import type { ContainerSpec } from '../ports.ts'
import { redact } from '../secret.ts'
import type { Run } from './journal.ts'

const LINES = 20

/** `exitCode` undefined: it did not end within the limit. */
type Ended = { exitCode: number | undefined; lines: string[] }

/**
 * Runs a container until its process ends and gives the last lines that it printed, redacted. It is gone afterwards,
 * also when the signal aborts; one that a kill of the manager leaves behind is found by its label.
 */
export const runOnce = async (
  run: Pick<Run, 'engine' | 'secrets'>,
  spec: ContainerSpec,
  { signal, limitMs }: { signal: AbortSignal; limitMs?: number },
): Promise<Ended> => {
  const { docker } = run.engine
  signal.throwIfAborted()
  const id = await docker.createContainer(spec)
  try {
    await docker.start(id)
    const exitCode = await ended(run, id, { signal, ...(limitMs !== undefined && { limitMs }) })
    const text = redact(await docker.logs(id, { tail: LINES }), run.secrets)
    return { exitCode, lines: text.split('\n').filter((line) => line.trim() !== '') }
  } finally {
    await docker.removeContainer(id)
  }
}

const ended = async (
  { engine: { docker, clock } }: Pick<Run, 'engine'>,
  id: string,
  { signal, limitMs }: { signal: AbortSignal; limitMs?: number },
): Promise<number | undefined> => {
  const settled = new AbortController()
  const late = limitMs === undefined ? [] : [clock.sleep(limitMs, settled.signal).then(() => undefined)]
  try {
    return await Promise.race([docker.wait(id, AbortSignal.any([signal, settled.signal])), ...late])
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    settled.abort()
  }
}
