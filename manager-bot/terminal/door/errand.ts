import { ERRAND, interruptErrand } from '../../../deploy-engine/index.ts'
import type { Streams, Target } from '../install/target.ts'

export type Errand = {
  run(streams: Streams): Promise<number>
  /** As Ctrl-C does where it runs. */
  interrupt(): Promise<unknown>
}

/** A verb that runs inside the manager's container. `key`: to find its processes by. */
export const errandIn = (target: Target, id: string, { words, key }: { words: string[]; key: string }): Errand => ({
  run: (streams) =>
    target.attach(
      ['docker', 'exec', '--interactive', '--env', `${ERRAND}=${key}`, id, 'tbs-manager', ...words],
      streams,
    ),
  interrupt: () => target.run(['docker', 'exec', id, ...interruptErrand(key)]),
})
