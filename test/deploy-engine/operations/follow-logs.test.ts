import { afterEach, beforeEach, expect, test } from 'vitest'
import { botStatus, followLogs, type LogPart, Secret, setVariables } from '../../../deploy-engine/index.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BEHAVIOUR_FILE, type Behaviour } from '../../helpers/memory-docker/behaviour.ts'
import { print } from '../../helpers/memory-docker/daemon.ts'
import { restartDaemon } from '../../helpers/memory-docker/run.ts'
import { BOT } from '../../properties/world.ts'

let my: MemoryBot
let stop: AbortController

beforeEach(async () => {
  my = await memoryBot()
  stop = new AbortController()
})

afterEach(async () => {
  stop.abort()
  await my.close()
})

const engine = () => my.manager().engine

const deploy = (prints: string[], behaviour: Behaviour = {}) => {
  my.commit('good', { [BEHAVIOUR_FILE]: JSON.stringify({ polls: true, prints, ...behaviour }) })
  return my.operate('deploy')
}

const machine = async () => {
  const { release } = await my.until(botStatus(engine(), BOT))
  const found = my.world.daemon.machines.get(release?.containerId ?? '')
  if (!found) throw new Error('it has no container')
  return found
}

const says = async (text: string) => print(my.world.daemon, await machine(), text)

/** Follows; gives what is told, as `v1: line`, and how it ends. */
const follow = (request: { lines?: number; grep?: string; sinceSeconds?: number } = {}) => {
  const told: string[] = []
  const onLines = ({ release, lines }: LogPart) => void told.push(...lines.map(({ text }) => `v${release}: ${text}`))
  const end = followLogs(engine(), BOT, { lines: 30, ...request }).then((begin) => begin(onLines, stop.signal))
  end.catch(() => {})
  return { told, end }
}

test('the last lines, and then each as it comes, until nobody wants them any more', async () => {
  await deploy(['a', 'b', 'c'])
  const { told, end } = follow({ lines: 2 })
  await my.world.clock.pass(2_000)
  expect(told).toEqual(['v1: b', 'v1: c'])
  await says('d')
  expect(told).toEqual(['v1: b', 'v1: c', 'v1: d'])
  stop.abort()
  expect(await my.until(end)).toBe('aborted')
  await says('e')
  expect(told).toHaveLength(3)
})

test('only what matches, in the past and afterwards; and not what is older than asked', async () => {
  await deploy(['yes 1', 'no', 'yes 2', 'no'])
  const { told } = follow({ grep: 'yes', lines: 1 })
  await my.world.clock.pass(2_000)
  await says('no')
  await says('yes 3')
  expect(told).toEqual(['v1: yes 2', 'v1: yes 3'])
  await my.world.clock.pass(5_000)
  const recent = follow({ sinceSeconds: 1 })
  await my.world.clock.pass(2_000)
  await says('now')
  expect(recent.told).toEqual(['v1: now'])
})

test('secrets are hidden in the past and afterwards', async () => {
  await my.until(setVariables(engine(), BOT, { PASSWORD: new Secret('hunter22-hunter22') }))
  await deploy(['it is hunter22-hunter22'])
  const { told } = follow()
  await my.world.clock.pass(2_000)
  await says('still hunter22-hunter22')
  expect(told).toEqual(['v1: it is [secret]', 'v1: still [secret]'])
})

test('a restart of the bot and of Docker: nothing twice, nothing left out', async () => {
  await deploy(['begin'])
  const { told } = follow()
  await my.world.clock.pass(2_000)
  const { id } = await machine()
  await my.until(engine().docker.kill(id))
  await my.world.clock.pass(3_000)
  await my.until(engine().docker.start(id))
  await my.world.clock.pass(3_000)
  expect(told).toEqual(['v1: begin', 'v1: begin'])
  restartDaemon(my.world.daemon, 5_000)
  await my.world.clock.pass(15_000)
  await says('after all')
  expect(told).toEqual(['v1: begin', 'v1: begin', 'v1: begin', 'v1: after all'])
})

test('goes on with the version that takes its place, from its beginning', async () => {
  await deploy(['one'])
  const { told } = follow({ lines: 1 })
  await my.world.clock.pass(2_000)
  await deploy(['two', 'three'])
  await my.world.clock.pass(2_000)
  expect(told).toEqual(['v1: one', 'v2: two', 'v2: three'])
})

test('a bot that is stopped is followed until it runs', async () => {
  await deploy(['one'])
  await my.operate('stop')
  const { told } = follow()
  await my.world.clock.pass(5_000)
  expect(told).toEqual(['v1: one'])
  await my.operate('run')
  await my.world.clock.pass(2_000)
  expect(told).toEqual(['v1: one', 'v1: one'])
})

test('ends with the bot; one that was never deployed can’t be followed', async () => {
  await expect(my.until(follow().end)).rejects.toMatchObject({ code: 'not_deployed' })
  await deploy(['one'])
  const { end } = follow()
  await my.operate('remove')
  expect(await my.until(end)).toBe('removed')
  await expect(my.until(follow().end)).rejects.toMatchObject({ code: 'unknown_bot' })
})
