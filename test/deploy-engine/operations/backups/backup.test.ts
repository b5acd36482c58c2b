import { PassThrough } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import {
  backupList,
  cancelOperations,
  isOver,
  type Operation,
  operationById,
  operationView,
} from '../../../../deploy-engine/index.ts'
import { type MemoryBot, memoryBot } from '../../../helpers/memory-bot.ts'
import { BOT } from '../../../properties/world.ts'

const MIB = 1024 ** 2

let bots: MemoryBot[] = []

afterEach(async () => {
  for (const one of bots) await one.close()
  bots = []
})

const deployed = async (): Promise<MemoryBot> => {
  const my = await memoryBot()
  bots.push(my)
  my.commit('good')
  await my.operate('deploy')
  for (const { files } of my.world.daemon.volumes.values()) files.set('rows', 'one')
  return my
}

/** All that a backup can leave behind, and what is to be true afterwards. */
const leftOf = async (my: MemoryBot) => {
  const { daemon, files, settings } = my.world
  const machines = [...daemon.machines.values()]
  const rows = await my.until(backupList(my.manager().engine))
  return {
    paused: machines.filter(({ paused }) => paused).length,
    running: machines.filter(({ state }) => state === 'running').length,
    tasks: machines.filter(({ spec }) => spec.labels['tbs.role'] !== 'bot').length,
    spools: files.paths().filter((path) => path.startsWith(`${settings.dataDir}/tmp/`)),
    files: files.paths().filter((path) => path.includes('/backups/')).length - rows.length,
    gone: rows.filter(({ state }) => state === 'gone').length,
  }
}

const CLEAN = { paused: 0, running: 1, tasks: 0, spools: [], files: 0, gone: 0 }

const stepsOf = async (my: MemoryBot, { id }: Operation) =>
  (await my.until(operationView(my.manager().engine, id))).steps.map(({ name, state }) => `${name} ${state}`)

test('a backup holds data, settings and secrets, and the bot goes on as if nothing had been', async () => {
  const my = await deployed()
  const before = [...my.world.daemon.machines.values()].map(({ startedAt, restarts }) => ({ startedAt, restarts }))
  const operation = await my.operate('backup')
  expect(operation.state).toBe('succeeded')
  expect(await stepsOf(my, operation)).toEqual(['measure done', 'copy done', 'pack done'])
  const [made] = await my.until(backupList(my.manager().engine, BOT))
  expect(made).toMatchObject({ bot: BOT, cause: 'asked', release: 1, state: 'good', copies: [] })
  expect(operation.outcome?.backup).toMatchObject({ id: made?.id, pausedMs: expect.any(Number) })
  expect(operation.outcome?.backup?.pausedMs).toBeGreaterThan(0)
  const packed = JSON.parse((await my.world.files.readText(made?.path ?? '')) ?? '')
  expect(packed).toMatchObject({ about: { bot: { name: BOT }, release: { number: 1 } }, keys: ['token'] })
  expect(packed.tars).toEqual([['/app/data', expect.stringContaining('./rows')]])
  expect(await leftOf(my)).toEqual(CLEAN)
  expect([...my.world.daemon.machines.values()].map(({ startedAt, restarts }) => ({ startedAt, restarts }))).toEqual(
    before,
  )
})

test('one without volumes, never deployed or stopped is backed up without being frozen', async () => {
  const my = await memoryBot()
  bots.push(my)
  const operation = await my.operate('backup')
  expect(await stepsOf(my, operation)).toEqual(['measure done', 'pack done'])
  expect(operation.outcome?.backup?.pausedMs).toBe(0)
  my.commit('good')
  await my.operate('deploy')
  await my.operate('stop')
  expect((await my.operate('backup')).outcome?.backup?.pausedMs).toBe(0)
  expect(await leftOf(my)).toEqual({ ...CLEAN, running: 0 })
})

// Every moment: before and after what reaches the world in turn, on each side of every step.
const atEveryEdge = async (
  what: string,
  work: (my: MemoryBot, edge: number, asked: { id: number; look(): Promise<void> }) => Promise<string>,
) => {
  const ends: string[] = []
  const my = await deployed()
  for (let edge = 1; ends.at(-1) !== 'whole'; edge += 1) {
    const operation = await my.ask('backup')
    // Where something else has the bot's turn, it is carried out a little later.
    const look = async () => {
      const { engine } = my.manager()
      await my.manager().look(operation.id)
      while (!isOver((await operationById(engine.database.read, operation.id)) ?? operation)) {
        await engine.clock.sleep(500)
      }
    }
    const end = await work(my, edge, { id: operation.id, look })
    const { state } = await my.over(operation.id)
    ends.push(end === 'whole' ? end : state)
    expect(await leftOf(my), `${what} at edge ${edge}`).toEqual(CLEAN)
    expect(my.manager().bugs, `${what} at edge ${edge}`).toEqual([])
  }
  return ends
}

test('killed at whatever moment, nothing stays frozen and nothing is left but whole backups', {
  timeout: 180_000,
}, async () => {
  const ends = await atEveryEdge('killed', async (my, edge, { look }) => {
    const { life } = my.manager()
    life.atEdge(edge, () => life.die())
    const end = await my.until(Promise.race([look().then(() => 'whole'), life.died.then(() => 'killed')]))
    if (end === 'killed') await my.restart('kill')
    else life.atEdge(Number.POSITIVE_INFINITY, () => {})
    return end
  })
  expect(ends.length).toBeGreaterThan(20)
  expect(new Set(ends.slice(0, -1))).toEqual(new Set(['failed', 'succeeded']))
})

test('cancelled at whatever moment, it is over soon, and what was said is true', { timeout: 180_000 }, async () => {
  const ends = await atEveryEdge('cancelled', async (my, edge, { id, look }) => {
    const manager = my.manager()
    const { life, engine } = manager
    let cancelled: Promise<string> | undefined
    life.atEdge(edge, () => {
      // As /cancel does: written down, then the process that runs it looks.
      cancelled = cancelOperations(engine, BOT).then(async ({ stopping }) => {
        await manager.look(id)
        return stopping.length > 0 ? 'cancelled' : 'succeeded'
      })
    })
    const done = look()
    await my.until(done)
    life.atEdge(Number.POSITIVE_INFINITY, () => {})
    if (cancelled === undefined) return 'whole'
    const said = await my.until(cancelled)
    const { state } = await my.over(id)
    // Before it had begun, and after its end, there was nothing to stop.
    if (state !== 'cancelled') expect(said, `edge ${edge}`).toBe(state)
    return state
  })
  expect(new Set(ends.slice(0, -1))).toEqual(new Set(['cancelled', 'succeeded']))
})

test('without room for it nothing is frozen, and a deploy says how it is done without', async () => {
  const my = await deployed()
  my.world.files.disk.freeBytes = 250 * MIB
  const { state, outcome } = await my.operate('backup')
  expect(state).toBe('failed')
  expect(outcome?.error).toMatchObject({ code: 'disk_full', message: expect.stringMatching(/needs up to 30\d MB/) })
  const deploy = await my.operate('deploy')
  expect(deploy.outcome).toMatchObject({ running: 1, error: { hint: expect.stringContaining('--nobackup') } })
  const removal = await my.operate('remove')
  expect(removal.outcome).toMatchObject({ running: 1, error: { code: 'disk_full' } })
  expect(await leftOf(my)).toEqual(CLEAN)
  expect((await my.operate('remove', { noBackup: true, data: true })).state).toBe('succeeded')
})

test('a copy that does not come to its end holds the bot frozen for 20 s, and no longer', async () => {
  const my = await deployed()
  const { engine } = my.manager()
  const { clock } = my.world
  engine.docker = Object.assign(Object.create(engine.docker), { readDirectory: async () => new PassThrough() })
  const begun = clock.now()
  const { outcome } = await my.operate('backup')
  expect(outcome?.error).toMatchObject({ code: 'too_slow', hint: expect.stringContaining('/stop my-bot') })
  expect(clock.now() - begun).toBeLessThan(25_000)
  expect(await leftOf(my)).toEqual(CLEAN)
})

test('a deploy of a bot with data backs it up before the stop, unless it is told not to', async () => {
  const my = await deployed()
  expect(await my.until(backupList(my.manager().engine))).toEqual([])
  const again = await my.operate('deploy')
  const steps = (await stepsOf(my, again)).map((step) => step.split(' ')[0])
  expect(steps.indexOf('pack')).toBeLessThan(steps.indexOf('stop'))
  expect(again.outcome?.backup).toMatchObject({ id: 1 })
  await my.operate('deploy', { noBackup: true })
  expect(await my.until(backupList(my.manager().engine))).toMatchObject([{ cause: 'deploy', release: 1 }])
})

test('a removal that is cut off while it backs up begins again, and leaves its backup', async () => {
  const my = await deployed()
  const { id } = await my.ask('remove')
  const { life, engine } = my.manager()
  engine.changes.listen(({ step, edge }) => {
    if (step === 'pack' && edge === 'before') life.die()
  })
  await my.until(Promise.race([my.manager().look(id), life.died]))
  await my.restart('kill')
  const { state, outcome } = await my.over(id)
  expect(state).toBe('succeeded')
  expect(outcome).toMatchObject({ backup: { id: 1 }, running: null })
  expect(await my.until(backupList(my.manager().engine, BOT))).toMatchObject([{ botId: null, cause: 'remove' }])
  expect(await leftOf(my)).toEqual({ ...CLEAN, running: 0 })
})

test('a bot that somebody froze is stopped, started again and recovered all the same', async () => {
  const my = await deployed()
  const [machine] = [...my.world.daemon.machines.values()].filter(({ state }) => state === 'running')
  const freeze = () => my.until(my.manager().engine.docker.pause(machine?.id ?? ''))
  await freeze()
  await my.restart('kill')
  expect(machine).toMatchObject({ state: 'running', paused: false })
  await freeze()
  expect((await my.operate('stop')).state).toBe('succeeded')
  expect(machine).toMatchObject({ state: 'exited', exitCode: 0 })
})
