import { taskLabels } from '../container/labels.ts'
import { type VolumeTask, volumeTask } from '../container/volume-task.ts'
import { TbsError } from '../error.ts'
import type { Run } from './journal.ts'
import { runOnce } from './run-once.ts'

/** Runs a script on volumes and gives what it printed. Fails with `data_failed`. */
export const onVolumes = async (run: Run, what: string, task: VolumeTask): Promise<string[]> => {
  const { engine, bot, operation } = run
  const name = `${engine.settings.instance}-${bot.name}-data-${operation.id}`
  const spec = volumeTask(engine.settings, { bot: bot.name, name }, task)
  const { exitCode, lines } = await runOnce(run, spec, { signal: run.signal })
  if (exitCode === 0) return lines
  const why = lines.at(-1) ?? `exit code ${exitCode}`
  throw new TbsError('data_failed', `${what} failed: ${why}`, { hint: 'Look at the disk, then try again' })
}

/** What a killed manager left working would go on changing the data under the next one's hands. */
export const removeTasks = async ({
  engine: { docker, settings },
  bot,
}: Pick<Run, 'engine' | 'bot'>): Promise<void> => {
  for (const { id } of await docker.containers(taskLabels(settings.instance, bot.name)))
    await docker.removeContainer(id)
}

/** The same volumes at /<directory>/0, /<directory>/1, … */
export const mountsAt = (directory: string, volumes: readonly string[]): VolumeTask['mounts'] =>
  volumes.map((volume, place) => ({ volume, path: `/${directory}/${place}` }))

export const placesOf = (volumes: readonly unknown[]): string[] => volumes.map((_, place) => String(place))
