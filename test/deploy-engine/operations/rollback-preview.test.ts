import { afterEach, beforeEach, expect, test } from 'vitest'
import { rollbackPreview } from '../../../deploy-engine/index.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BOT } from '../../properties/world.ts'

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.close())

const preview = (release?: number) => my.until(rollbackPreview(my.manager().engine, BOT, release))

const deploy = async (count: number): Promise<string> => {
  const sha = my.commit('good', { 'count.txt': `${count}` })
  await my.operate('deploy')
  return sha
}

test('from, to and what is between, in both directions', async () => {
  await deploy(1)
  const second = await deploy(2)
  my.commit('good', { 'count.txt': 'not deployed' })
  const third = await deploy(3)
  const back = await preview(1)
  expect(back).toMatchObject({ direction: 'back', from: { number: 3 }, to: { number: 1 }, commitCount: 3 })
  expect(back.commits?.map(({ sha }) => sha)).toEqual([third, expect.any(String), second])
  expect(back.hasVolumes).toBe(true)
  expect(await preview()).toMatchObject({ to: { number: 2 }, commitCount: 2 })

  await my.operate('rollback', { release: 1 })
  expect(await preview(2)).toMatchObject({
    direction: 'forward',
    from: { number: 1 },
    commits: [{ sha: second, subject: 'Change main' }],
    commitCount: 1,
  })
})

test('without the history it says so, and it fails as the rollback would', async () => {
  await expect(preview()).rejects.toMatchObject({ code: 'no_release' })
  await deploy(1)
  await expect(preview(1)).rejects.toMatchObject({ code: 'already_active' })
  await deploy(3)
  my.world.git.port.log = async () => undefined
  await my.restart()
  expect(await preview(1)).toMatchObject({ commits: undefined, commitCount: undefined })
})
