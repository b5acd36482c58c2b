import { ERRAND, interruptErrand } from '../../../deploy-engine/index.ts'
import { managerEnvironment } from '../install/container-spec.ts'
import { placesOf } from '../install/places.ts'
import { must, type Streams, type Target } from '../install/target.ts'

export type Errand = {
  run(streams: Streams): Promise<number>
  /** As Ctrl-C does where it runs. */
  interrupt(): Promise<unknown>
}

type Wanted = { words: string[]; key: string }

/** A verb that runs inside the manager's container. `key`: to find its processes by. */
export const errandIn = (target: Target, id: string, { words, key }: Wanted): Errand => ({
  run: (streams) =>
    target.attach(
      ['docker', 'exec', '--interactive', '--env', `${ERRAND}=${key}`, id, 'tbs-manager', ...words],
      streams,
    ),
  interrupt: () => target.run(['docker', 'exec', id, ...interruptErrand(key)]),
})

/** The same in a container of its own, with all that the manager's has: for a manager that does not run. */
export const errandBeside = (target: Target, id: string, { instance, words, key }: Wanted & { instance: string }) => {
  const name = `${instance}-errand-${key}`
  const labels = ['--label', `tbs.instance=${instance}`, '--label', 'tbs.role=errand']
  const like = ['--init', '--read-only', '--tmpfs', '/tmp', '--network', 'host', '--volumes-from', id]
  const env = managerEnvironment({ instance, places: placesOf(instance) })
  const errand: Errand = {
    run: async (streams) => {
      const image = (await must(target, ['docker', 'inspect', '--format', '{{.Image}}', id])).trim()
      const run = ['docker', 'run', '--rm', '--interactive', '--name', name, ...labels, ...like, ...env]
      return target.attach([...run, image, ...words], streams)
    },
    interrupt: () => target.run(['docker', 'kill', '--signal', 'INT', name]),
  }
  return errand
}
