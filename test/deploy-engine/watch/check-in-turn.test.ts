import { afterEach, beforeEach, expect, test } from 'vitest'
import { backUpState, backupList, openIncidents, watchBackups, watchHost } from '../../../deploy-engine/index.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BOT } from '../../properties/world.ts'

const MINUTE = 60_000
const DAY = 24 * 3600_000
/** Of a manager that has just begun, and between two of them. */
const TURN = 15 * MINUTE

let my: MemoryBot
let end = async () => {}

const watching = () => {
  const stop = new AbortController()
  const { engine, look } = my.manager()
  const { signal } = stop
  const watch = Promise.all([
    watchBackups(engine, { enqueue: async (id) => void look(id), signal }),
    watchHost(engine, { signal }),
  ])
  end = async () => {
    stop.abort()
    await my.until(watch)
    end = async () => {}
  }
}

beforeEach(async () => {
  my = await memoryBot()
  my.commit('good')
  expect((await my.operate('deploy')).outcome?.error).toBeUndefined()
  await my.operate('backup')
  await my.until(backUpState(my.manager().engine, 'asked', new AbortController().signal))
})

afterEach(async () => {
  await end()
  await my.close()
})

const pass = (ms: number) => my.world.clock.pass(ms)

/** So much later on the clock on the wall; the watch has its turn meanwhile. */
const later = async (ms: number) => {
  my.world.clock.jump(ms)
  await pass(TURN + MINUTE)
}

const backups = (bot: string) => my.until(backupList(my.manager().engine, bot))
const readAt = async (bot: string) => (await backups(bot)).map(({ checkedAt }) => checkedAt)
const alter = async (bot: string, text: string) => my.world.files.writeText((await backups(bot))[0]?.path ?? '', text)

const incident = async () => {
  const all = await my.until(openIncidents(my.manager().engine.database.read, null))
  return all.find(({ fingerprint }) => fingerprint === 'backup_file')?.detail
}

const LONG = { timeout: 60_000 }

test('one after the other is read as a whole, once a week, also over restarts', LONG, async () => {
  watching()
  await pass(TURN - MINUTE)
  expect([await readAt(BOT), await readAt('host')]).toEqual([[null], [null]])
  await pass(2 * MINUTE)
  const [first] = await readAt(BOT)
  expect([first, await readAt('host')]).toEqual([expect.any(Number), [null]])
  await pass(TURN)
  const [own] = await readAt('host')
  expect(own).toEqual(expect.any(Number))

  await end()
  await my.restart('kill')
  watching()
  await later(6 * DAY)
  // The manager has backed itself up once more, and that is not read before its time.
  expect([await readAt(BOT), await readAt('host')]).toEqual([[first], [null, own]])
  await later(DAY)
  await pass(TURN)
  expect((await readAt(BOT))[0]).toBeGreaterThan((first ?? 0) + 7 * DAY)
  expect((await readAt('host'))[0]).toBeGreaterThan((own ?? 0) + 7 * DAY)
  expect(await incident()).toBeUndefined()
})

test(
  'an altered file is an incident that says what to do, until a newer one was made; that is read at once',
  LONG,
  async () => {
    await alter(BOT, 'rubbish')
    watching()
    await pass(TURN + 2 * MINUTE)
    const [{ id = 0, file = '' } = {}] = await backups(BOT)
    expect(await incident()).toMatchObject({
      found: `Backup ${id} of my-bot can’t be restored: The backup was altered`,
      hint: `Make another one: /backup my-bot. It is ${file}`,
    })
    expect((await backups(BOT))[0]).toMatchObject({ state: 'damaged', fault: 'The backup was altered' })

    await my.operate('backup')
    await pass(MINUTE)
    expect(await incident()).toBeUndefined()
    await pass(2 * TURN)
    expect(await backups(BOT)).toMatchObject([{ checkedAt: expect.any(Number), fault: null }, { state: 'damaged' }])
  },
)

test('a file that was removed is told of without waiting for its week', LONG, async () => {
  await my.world.files.remove((await backups('host'))[0]?.path ?? '')
  watching()
  await pass(2 * MINUTE)
  expect(await incident()).toMatchObject({
    found: expect.stringMatching(/^Backup \d+ of host can’t be restored: its file is missing$/),
    hint: expect.stringContaining('/backup host'),
  })
})

test(
  'of a bot that was removed its last backup is read, too; who deletes a bad one has done with it',
  LONG,
  async () => {
    await my.operate('remove', { noBackup: true })
    await alter(BOT, 'rubbish')
    watching()
    await pass(3 * TURN)
    expect((await incident())?.hint).toContain('The bot was removed: take a copy from elsewhere')
    await my.world.files.remove((await backups(BOT))[0]?.path ?? '')
    await pass(MINUTE)
    expect(await incident()).toBeUndefined()
  },
)

test('it waits while an operation works, is given up for one, and done again when it was cut off', LONG, async () => {
  const { archive } = my.manager().engine
  const read = archive.read
  let begun = 0
  archive.read = async (file, reading) => {
    begun += 1
    await my.world.clock.sleep(10 * MINUTE, reading.signal)
    return read(file, reading)
  }
  watching()
  await pass(TURN + MINUTE)
  expect(begun).toBe(1)
  expect((await my.operate('deploy')).state).toBe('succeeded')
  expect(await readAt(BOT)).toEqual([null, null])
  // The manager's own comes before it is tried again.
  await pass(2 * TURN)
  expect([begun, await readAt('host')]).toEqual([2, [expect.any(Number)]])
  await end()
  await my.restart('kill')
  watching()
  expect(await readAt(BOT)).toEqual([null, null])
  await pass(2 * TURN)
  expect(await readAt(BOT)).toEqual([expect.any(Number), null])
})

test('how often a bot is backed up does not change how often it is read', LONG, async () => {
  await end()
  my.commit('good', { 'tbs.yaml': 'gate: { ready: 20s, stable: 3s }\nbackup: { schedule: "0 * * * *", keep: 2 }\n' })
  await my.operate('deploy')
  const { archive } = my.manager().engine
  const read = archive.read
  let begun = 0
  archive.read = (file, reading) => {
    begun += 1
    return read(file, reading)
  }
  watching()
  for (let hours = 0; hours < 72; hours += 6) await later(6 * 3600_000)
  expect(begun).toBe(1)
  expect((await backups(BOT)).some(({ checkedAt }) => checkedAt !== null)).toBe(true)
})
