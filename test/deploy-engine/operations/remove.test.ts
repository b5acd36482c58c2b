import { afterEach, expect, test } from 'vitest'
import { copyLabels } from '../../../deploy-engine/container/labels.ts'
import {
  botNames,
  botStatus,
  buildLog,
  cancelOperations,
  operationView,
  releaseList,
  removePreview,
} from '../../../deploy-engine/index.ts'
import { BotSchema } from '../../../deploy-engine/records/bot.ts'
import { KeptContainerSchema } from '../../../deploy-engine/records/kept-container.ts'
import { SecretSchema } from '../../../deploy-engine/records/secret.ts'
import { VolumeCopySchema } from '../../../deploy-engine/records/volume-copy.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BASE_IMAGE } from '../../helpers/memory-docker/daemon.ts'
import { BOT } from '../../properties/world.ts'

const VOLUME = 'tbs-p-my-bot.app-data-'

let bots: MemoryBot[] = []

afterEach(async () => {
  for (const one of bots) await one.close()
  bots = []
})

/** Two releases, of which the first left a container with data outside volumes; and a volume. */
const livedBot = async (): Promise<MemoryBot> => {
  const my = await memoryBot()
  bots.push(my)
  my.commit('leaves data')
  await my.operate('deploy')
  my.commit('good')
  await my.operate('deploy')
  return my
}

/** Everything outside of the database that a bot can have. */
const leftOf = ({ world: { daemon, files } }: MemoryBot) => ({
  containers: [...daemon.machines.values()].map(({ spec }) => spec.name),
  images: [...daemon.images.values()].flatMap(({ tags }) => [...tags]).filter((tag) => tag !== BASE_IMAGE),
  networks: [...daemon.networks.values()].map(({ name }) => name).filter((name) => name !== 'bridge'),
  volumes: [...daemon.volumes.keys()],
  files: files.paths().filter((path) => !path.includes('/backups/')),
})

const NOTHING = { containers: [], images: [], networks: [], files: [] }

const rowsLeft = async (my: MemoryBot) => {
  const { read } = my.manager().engine.database
  return {
    secrets: await my.until(read.count(SecretSchema)),
    kept: await my.until(read.count(KeptContainerSchema)),
    bots: (await my.until(read.find(BotSchema))).map(({ removedAt }) => removedAt !== null),
  }
}

test('what would go and what would stay is told before, and then it is so', async () => {
  const my = await livedBot()
  const { engine } = my.manager()
  const before = leftOf(my)
  const preview = await my.until(removePreview(engine, BOT))
  expect(preview).toMatchObject({ release: { number: 2 }, unfinished: [] })
  expect(preview.containers).toEqual([...before.containers].sort())
  expect(preview.containers).toHaveLength(2)
  expect(preview.images).toEqual([...before.images].sort())
  expect(preview.networks).toEqual(before.networks)
  expect(preview.volumes).toEqual(before.volumes)
  expect(preview.volumes).toEqual([expect.stringContaining(VOLUME)])
  expect(preview.keptData).toEqual([expect.objectContaining({ release: 1, paths: ['/app/state.json'] })])
  expect(leftOf(my)).toEqual(before)

  const { state, outcome } = await my.operate('remove')
  expect(state).toBe('succeeded')
  const removed = { volumes: [], kept: before.volumes }
  expect(outcome).toEqual({ removed, running: null, warnings: [], backup: expect.objectContaining({ pausedMs: 0 }) })
  expect(leftOf(my)).toEqual({ ...NOTHING, volumes: before.volumes })
  expect(await rowsLeft(my)).toEqual({ secrets: 0, kept: 0, bots: [true] })
})

test('with “data” the volumes go, too', async () => {
  const my = await livedBot()
  const { volumes } = leftOf(my)
  expect((await my.operate('remove', { data: true })).outcome?.removed).toEqual({ volumes, kept: [] })
  expect(leftOf(my)).toEqual({ ...NOTHING, volumes: [] })
})

test('copies of its data stay as well, also from the next bot of this name', async () => {
  const my = await livedBot()
  const { engine } = my.manager()
  const [volume = ''] = leftOf(my).volumes
  const copy = { name: `${volume}.changed-1`, volume, botId: 1, operationId: 1, kind: 'changed' as const }
  await my.until(engine.docker.createVolume({ name: copy.name, labels: copyLabels('tbs-p', BOT) }))
  await my.until(engine.database.read.insert(VolumeCopySchema, { ...copy, createdAt: engine.clock.now() }))
  expect((await my.operate('remove')).outcome?.removed?.kept).toEqual([volume, copy.name])
  await my.register()
  await my.operate('deploy')
  expect(leftOf(my).volumes).toEqual([volume, copy.name])
  expect((await my.operate('remove', { data: true })).outcome?.removed?.volumes).toEqual([volume, copy.name])
  expect(leftOf(my).volumes).toEqual([])
})

test('a bot that was never deployed, and one that is stopped, are removed as well', async () => {
  const idle = await memoryBot()
  bots.push(idle)
  expect((await idle.operate('remove')).state).toBe('succeeded')
  expect(await rowsLeft(idle)).toEqual({ secrets: 0, kept: 0, bots: [true] })
  const stopped = await livedBot()
  await stopped.operate('stop')
  const { id, state } = await stopped.operate('remove')
  expect(state).toBe('succeeded')
  const { steps } = await stopped.until(operationView(stopped.manager().engine, id))
  expect(steps.map(({ name }) => name)).toEqual(['measure', 'copy', 'pack', 'remove'])
})

test('a removed bot is nowhere but in the history, and its name and token are free', async () => {
  const my = await livedBot()
  const [, deployed] = (await my.until(releaseList(my.manager().engine, BOT))).releases
  const { id } = await my.operate('remove')
  const { engine } = my.manager()
  expect(await my.until(botNames(engine))).toEqual([])
  const unknown = { code: 'unknown_bot' }
  await expect(my.until(botStatus(engine, BOT))).rejects.toMatchObject(unknown)
  await expect(my.until(removePreview(engine, BOT))).rejects.toMatchObject(unknown)
  await expect(my.ask('deploy')).rejects.toMatchObject(unknown)

  await my.register()
  expect(await my.until(botStatus(engine, BOT))).toMatchObject({ state: 'not deployed' })
  await expect(my.register()).rejects.toMatchObject({ code: 'name_taken' })
  const again = await my.operate('deploy')
  expect(again).toMatchObject({ state: 'succeeded', outcome: { release: 1 } })
  for (const operation of [id, deployed?.operationId ?? 0]) {
    const view = await my.until(operationView(engine, operation))
    expect(view.bot).toMatchObject({ name: BOT, removedAt: expect.any(Number) })
    expect(await my.until(buildLog(engine, operation))).toBeUndefined()
  }
  expect((await my.until(operationView(engine, again.id))).bot.removedAt).toBeNull()
  expect(leftOf(my).volumes).toHaveLength(1)
  await my.restart()
  expect(await my.until(botStatus(my.manager().engine, BOT))).toMatchObject({ state: 'live' })
})

test('what waits behind a removal is not begun', async () => {
  const my = await livedBot()
  const removal = await my.ask('remove')
  const deploy = await my.ask('deploy')
  await my.until(my.manager().look(removal.id))
  expect((await my.read(removal.id)).state).toBe('succeeded')
  expect(await my.read(deploy.id)).toMatchObject({
    state: 'superseded',
    outcome: { error: { message: `Not begun: #${removal.id} removed my-bot` } },
  })
})

test('once begun it can’t be cancelled, and says so', async () => {
  const my = await livedBot()
  const removal = await my.ask('remove')
  const { engine } = my.manager()
  const asked = new Promise((resolve) => {
    engine.changes.listen(({ step, edge }) => {
      if (step === 'stop' && edge === 'before') resolve(cancelOperations(engine, BOT))
    })
  })
  await my.until(my.manager().look(removal.id))
  expect(await asked).toMatchObject({ stopping: [], late: [{ id: removal.id }] })
  expect((await my.read(removal.id)).state).toBe('succeeded')
})

test('what somebody else uses stays and is named', async () => {
  const my = await livedBot()
  const { daemon } = my.world
  const [machine] = [...daemon.machines.values()].filter(({ state }) => state === 'running')
  const volume = leftOf(my).volumes[0] ?? ''
  if (!machine) throw new Error('nothing runs')
  const spec = { ...machine.spec, name: 'neighbour', labels: {}, mounts: [{ volume, path: '/data' }] }
  daemon.machines.set('neighbour', { ...machine, id: 'neighbour', spec })
  const { state, outcome } = await my.operate('remove', { data: true })
  expect(state).toBe('succeeded')
  expect(outcome?.removed).toEqual({ volumes: [], kept: [volume] })
  expect(outcome?.warnings).toEqual([
    expect.stringMatching(/^The image tbs-p\/my-bot:2-.* is still there/),
    expect.stringMatching(/^The network tbs-p-my-bot is still there/),
    expect.stringContaining(`The volume ${volume} is still there`),
  ])
  daemon.machines.delete('neighbour')
})

// Every third moment: before and after what reaches the world in turn, on each side of every step.
test('killed at whatever moment, it is finished', { timeout: 120_000 }, async () => {
  const ends: string[] = []
  for (let edge = 1; ends.at(-1) !== 'done'; edge += 3) {
    const my = await livedBot()
    const operation = await my.ask('remove')
    const { life } = my.manager()
    life.atEdge(edge, () => life.die())
    const end = await my.until(
      Promise.race([
        my
          .manager()
          .look(operation.id)
          .then(() => 'done'),
        life.died,
      ]),
    )
    if (end === 'done') {
      life.atEdge(Number.POSITIVE_INFINITY, () => {})
      ends.push(end)
    } else {
      await my.restart('kill')
      ends.push((await my.over(operation.id)).state)
    }
    expect({ ...leftOf(my), volumes: [] }, `edge ${edge}`).toEqual({ ...NOTHING, volumes: [] })
    expect(leftOf(my).volumes, `edge ${edge}`).toHaveLength(1)
    expect(await rowsLeft(my), `edge ${edge}`).toEqual({ secrets: 0, kept: 0, bots: [true] })
    await my.close()
    bots = []
  }
  expect(ends.length).toBeGreaterThan(15)
  expect(new Set(ends.slice(0, -1))).toEqual(new Set(['succeeded']))
})
