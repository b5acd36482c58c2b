import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../deploy-engine/io/database.ts'
import { BotSchema } from '../../../deploy-engine/records/bot.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-examine-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const fill = async () => {
  const database = await openDatabase(directory)
  await database.transaction(async (entities) => {
    for (let id = 1; id <= 200; id++) {
      const none = { branch: null, tokenEnv: null, path: null, volumes: [], username: `b${id}_bot`, createdAt: 1 }
      await entities.insert(BotSchema, { ...none, name: `b${id}`, repo: 'x'.repeat(400), telegramId: id })
    }
  })
  return database
}

test('a damaged page is seen, and an undamaged file is not complained of', async () => {
  const whole = await fill()
  expect(await whole.examine()).toEqual({ damage: [], dangling: [], drift: [] })
  await whole.close()
  const path = join(directory, 'tbs.sqlite')
  const { size } = await stat(path)
  const file = await open(path, 'r+')
  await file.write(Buffer.alloc(4096, 0xff), 0, 4096, size - 4096)
  await file.close()
  const damaged = await openDatabase(directory)
  const { damage, drift } = await damaged.examine()
  await damaged.close()
  expect(damage.length).toBeGreaterThan(0)
  expect(drift).toEqual([])
})
