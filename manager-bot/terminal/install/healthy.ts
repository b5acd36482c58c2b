import { setTimeout as sleep } from 'node:timers/promises'
import { TbsError } from '../../../deploy-engine/index.ts'
import type { Places } from './places.ts'
import { ask, type Target } from './target.ts'

const TRIES = 60
const PAUSE_MS = 1000
/** It asks Telegram who it is before it listens. */
const LISTENING_TRIES = 20

export type Wellness = {
  /** Where its first owner is made; undefined: it has one, or does not reach Telegram yet. */
  link: string | undefined
  hasOwner: boolean
  /** Whether it is known that it listens. */
  listens: boolean
}

/** Waits until the manager says that it is well, and then whether it listens. Fails with `not_healthy`. */
export const untilHealthy = async (root: Target, { id, places }: { id: string; places: Places }): Promise<Wellness> => {
  await untilItSaysSo(root, id)
  for (let tries = 0; tries < LISTENING_TRIES; tries++) {
    const owners = await ask(root, ['cat', places.owners])
    if (owners) return { link: undefined, hasOwner: true, listens: true }
    const link = await linkIn(root, id)
    if (link) return { link, hasOwner: false, listens: true }
    await sleep(PAUSE_MS)
  }
  return { link: undefined, hasOwner: false, listens: false }
}

// Asked directly: Docker's own first look comes after half a minute.
const untilItSaysSo = async (root: Target, id: string): Promise<void> => {
  for (let tries = 0; tries < TRIES; tries++) {
    const { code } = await root.run(['docker', 'exec', id, 'tbs-manager', 'healthcheck'])
    if (code === 0) return
    const state = await ask(root, ['docker', 'inspect', '--format', '{{.State.Status}} {{.RestartCount}}', id])
    if (state === undefined || Number(state.split(' ')[1]) > 2) break
    await sleep(PAUSE_MS)
  }
  const log = (await root.run(['docker', 'logs', '--tail', '5', id])) ?? {}
  throw new TbsError('not_healthy', `The manager does not get well:\n${`${log.stdout}${log.stderr}`.trim()}`, {
    hint: `Its log on the server: docker logs ${id.slice(0, 12)}`,
  })
}

/** What only its operator reads: the newest link with a one-time code. */
const linkIn = async (root: Target, id: string): Promise<string | undefined> => {
  const { stdout } = await root.run(['docker', 'logs', '--tail', '1000', id])
  return [...stdout.matchAll(/"link":"(https:[^"]+)"/g)].at(-1)?.[1]
}
