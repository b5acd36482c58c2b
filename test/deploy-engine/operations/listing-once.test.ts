import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest'
import { addBot, recover, Secret } from '../../../deploy-engine/index.ts'
import { listingOnce } from '../../../deploy-engine/operations/listing-once.ts'
import type { Engine } from '../../../deploy-engine/ports.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'

let my: MemoryBot
let engine: Engine
let spies: MockInstance[]

beforeEach(async () => {
  my = await memoryBot()
  await my.runs({ polls: true })
  engine = my.manager().engine
  spies = (['containers', 'images', 'volumes'] as const).map((what) => vi.spyOn(engine.docker, what))
})

afterEach(() => my.closeWithoutBugs())

const lists = () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)

const labels = (role: string) => ({ 'tbs.instance': engine.settings.instance, 'tbs.role': role })

test('each kind is listed once, whoever asks for whatever part of it', async () => {
  const { docker } = listingOnce(engine)
  const found = await my.until(Promise.all(['bot', 'bot', 'task'].map((role) => docker.containers(labels(role)))))
  expect(found.map((some) => some.length)).toEqual([1, 1, 0])
  expect(lists()).toBe(1)
  await my.until(docker.images(labels('bot')))
  await my.until(docker.volumes(labels('copy')))
  await my.until(docker.volumes(labels('restored')))
  expect(lists()).toBe(3)
})

test('what was removed is listed no more', async () => {
  const { docker } = listingOnce(engine)
  const [first] = await my.until(docker.containers(labels('bot')))
  await my.until(docker.removeContainer(first?.id ?? ''))
  expect(await my.until(docker.containers(labels('bot')))).toEqual([])
})

test('a list that fails is asked for again', async () => {
  const { docker } = listingOnce(engine)
  spies[0]?.mockRejectedValueOnce(new Error('docker is away'))
  await expect(my.until(docker.containers(labels('bot')))).rejects.toThrow('docker is away')
  expect(await my.until(docker.containers(labels('bot')))).toHaveLength(1)
})

test('recovery asks for as many lists with ten bots as with one', async () => {
  await my.until(recover(engine))
  const ofOne = lists()
  for (let number = 1; number < 10; number++) {
    const token = new Secret(`20000000${number}:${'a'.repeat(35)}`)
    my.world.telegram.addBot(token.reveal(), `other_${number}_bot`)
    await my.until(addBot(engine, { name: `other-${number}`, repo: 'file:///memory', token }))
  }
  const before = lists()
  await my.until(recover(engine))
  expect(lists() - before).toBe(ofOne)
})
