import { type ContainerWanted, managerContainer, SPEC } from './container-spec.ts'
import { ask, must, type Target } from './target.ts'

export type RunningContainer = { id: string; did: 'created' | 'replaced' | 'started' | 'nothing' }

/** One container, as wanted, that runs. The one that is there is kept if it is the right one. */
export const runContainer = async (root: Target, wanted: ContainerWanted): Promise<RunningContainer> => {
  const { args, spec } = managerContainer(wanted)
  const there = await managerContainers(root, wanted.instance)
  const right = there.find((container) => container.spec === spec)
  const others = there.filter((container) => container !== right)
  for (const { id } of others) await removeQuietly(root, wanted, id)
  if (right?.running) return { id: right.id, did: 'nothing' }
  const id = right?.id ?? (await must(root, ['docker', 'create', ...args])).trim()
  await must(root, ['docker', 'start', id])
  await root.run(['rm', '-f', wanted.places.upgrading])
  return { id, did: right ? 'started' : others.length > 0 ? 'replaced' : 'created' }
}

type Found = { id: string; spec: string; running: boolean }

export const managerContainers = async (root: Target, instance: string): Promise<Found[]> => {
  const filters = ['--filter', `label=tbs.instance=${instance}`, '--filter', 'label=tbs.role=manager']
  const shown = `{{.ID}} {{.State}} {{.Label "${SPEC}"}}`
  const said = await must(root, ['docker', 'ps', '--all', '--no-trunc', ...filters, '--format', shown])
  return said
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', state, spec = ''] = line.split(' ')
      return { id, spec, running: state === 'running' }
    })
}

// Stopped as it should be, so that it undoes what it has under way; the host timer has nothing to say of it.
const removeQuietly = async (root: Target, { places }: ContainerWanted, id: string): Promise<void> => {
  await ask(root, ['touch', places.upgrading])
  await must(root, ['docker', 'stop', id])
  await must(root, ['docker', 'rm', id])
}
