import { afterEach, expect, test } from 'vitest'
import { requestRestore } from '../../../../deploy-engine/index.ts'
import { type MemoryBot, memoryBot } from '../../../helpers/memory-bot.ts'
import { BOT } from '../../../properties/world.ts'

let bots: MemoryBot[] = []

afterEach(async () => {
  for (const one of bots) await one.close()
  bots = []
})

/** Deployed, with a backup in which its data says “one”. */
const backedUp = async (): Promise<{ my: MemoryBot; backup: number }> => {
  const my = await memoryBot()
  bots.push(my)
  my.commit('good')
  await my.operate('deploy')
  dataOf(my).set('rows', 'one')
  return { my, backup: (await my.operate('backup')).outcome?.backup?.id ?? 0 }
}

/** What the running version has in its volume. */
const dataOf = ({ world: { daemon } }: MemoryBot): Map<string, string> => {
  const running = [...daemon.machines.values()].filter(({ state }) => state === 'running')
  const [volume = ''] = running.flatMap(({ spec }) => spec.mounts.map((mount) => mount.volume))
  return daemon.volumes.get(volume)?.files ?? new Map()
}

const ask = async (my: MemoryBot, backup: number) =>
  (await my.until(requestRestore(my.manager().engine, { bot: BOT, backup, requestedBy: 'test' }))).operation

const restored = async (my: MemoryBot, backup: number) => {
  const { id } = await ask(my, backup)
  await my.until(my.manager().look(id))
  return my.over(id)
}

test('a backup stays while it is being restored, however many are made meanwhile', async () => {
  const { my, backup } = await backedUp()
  const first = (await restored(my, backup)).outcome?.backup?.id ?? 0
  // Each makes one more backup for the same reason, and five of these are kept.
  for (let round = 0; round < 6; round++) {
    dataOf(my).set('rows', `round ${round}`)
    const { state, outcome } = await restored(my, first)
    expect({ state, error: outcome?.error }, `round ${round}`).toEqual({ state: 'succeeded', error: undefined })
    expect(dataOf(my).get('rows')).toBe('one')
  }
})

test('where nothing is left but what the manager knew, the version is built anew, on its data', async () => {
  const { my, backup } = await backedUp()
  await my.operate('stop')
  // As on another server, to which the manager's state was moved.
  const { machines, images, volumes } = my.world.daemon
  for (const [id, { labels }] of images) if (labels['tbs.instance'] !== undefined) images.delete(id)
  machines.clear()
  volumes.clear()
  const { state, outcome } = await restored(my, backup)
  expect({ state, error: outcome?.error }).toEqual({ state: 'succeeded', error: undefined })
  expect(outcome?.release).toBe(2)
  expect(dataOf(my).get('rows')).toBe('one')
})
