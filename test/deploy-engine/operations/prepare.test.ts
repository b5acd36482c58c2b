import { afterEach, beforeEach, expect, test } from 'vitest'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BOT, TOKEN } from '../../properties/world.ts'

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.close())

const containers = async () => {
  const { docker, settings } = my.manager().engine
  return my.until(docker.containers({ 'tbs.instance': settings.instance, 'tbs.bot': BOT }))
}

test('a token that is refused ends it before anything is stopped, and no container of it stays', async () => {
  my.commit('good')
  await my.operate('deploy')
  const before = await containers()
  my.commit('good', { 'count.txt': '2' })
  my.world.telegram.revoke(TOKEN)
  const { state, outcome } = await my.operate('deploy')
  expect(state).toBe('failed')
  expect(outcome).toMatchObject({ running: 1, error: { code: 'token_refused' } })
  expect(await containers()).toEqual(before)
})

test('where a check and the new container fail, it is the check that is told of', async () => {
  my.commit('good')
  my.world.telegram.revoke(TOKEN)
  const { docker } = my.manager().engine
  const create = docker.createContainer
  docker.createContainer = async (spec) => {
    await create(spec)
    throw new Error('no room for it')
  }
  const { outcome } = await my.operate('deploy')
  expect(outcome?.error?.code).toBe('token_refused')
  expect(await containers()).toEqual([])
})
