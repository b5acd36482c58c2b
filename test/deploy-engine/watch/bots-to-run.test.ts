import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BotSchema } from '../../../deploy-engine/records/bot.ts'
import { botsToRun, botsWithRelease } from '../../../deploy-engine/watch/bots-to-run.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'

const BOT = 'my-bot'

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.closeWithoutBugs())

test('whoever asks, the bots are read once until something is written', async () => {
  await my.runs({ polls: true })
  const { engine } = my.manager()
  const read = vi.spyOn(engine.database.read, 'findBy')
  const asked = Promise.all([botsToRun(engine), botsToRun(engine), botsWithRelease(engine)])
  expect((await my.until(asked)).map((bots) => bots.map(({ bot }) => bot.name))).toEqual([[BOT], [BOT], [BOT]])
  expect(read.mock.calls.length).toBeLessThanOrEqual(1)
  const before = read.mock.calls.length
  await engine.database.transaction((entities) => entities.update(BotSchema, { name: BOT }, { stoppedAt: 1 }))
  expect(await my.until(botsToRun(engine))).toEqual([])
  expect(await my.until(botsWithRelease(engine))).toHaveLength(1)
  expect(read.mock.calls.length).toBe(before + 1)
})
