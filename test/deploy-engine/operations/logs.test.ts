import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { botLogs, Secret, setVariables } from '../../../deploy-engine/index.ts'
import { removeVersion } from '../../../deploy-engine/operations/keep-log.ts'
import { botByName } from '../../../deploy-engine/records/bot.ts'
import { type MemoryBot, memoryBot } from '../../helpers/memory-bot.ts'
import { BEHAVIOUR_FILE, type Behaviour } from '../../helpers/memory-docker/behaviour.ts'
import { BOT } from '../../properties/world.ts'

const PASSWORD = 'hunter22-hunter22'

let my: MemoryBot

beforeEach(async () => {
  my = await memoryBot()
})

afterEach(() => my.close())

const engine = () => my.manager().engine

/** Deploys a version that prints this, beside what else it does. */
const deploy = (prints: string[], behaviour: Behaviour = {}) => {
  my.commit('good', { [BEHAVIOUR_FILE]: JSON.stringify({ polls: true, prints, ...behaviour }) })
  return my.operate('deploy')
}

type Asked = { lines?: number; sinceSeconds?: number; grep?: string }

/** What is printed of it: each part as its release and its lines. */
const logs = async ({ lines = 30, ...more }: Asked = {}) =>
  (await my.until(botLogs(engine(), BOT, { lines, ...more }))).map(
    (part) => `v${part.release}${part.current ? '' : ' (gone)'}: ${part.lines.map(({ text }) => text).join(' ')}`,
  )

const kept = () => my.world.files.paths().filter((path) => /\/logs\/my-bot\/bot-/.test(path))
const keptTexts = async () => (await Promise.all(kept().map((path) => my.world.files.readText(path)))).join('')

const bots = () => my.machines()

test('what a version printed outlives its container, and comes before what its successor prints', async () => {
  await deploy(['a', 'b', 'c'])
  await deploy(['d', 'e'])
  expect(bots()).toHaveLength(1)
  expect(await logs()).toEqual(['v1 (gone): a b c', 'v2: d e'])
  expect(await logs({ lines: 4 })).toEqual(['v1 (gone): b c', 'v2: d e'])
  expect(await logs({ lines: 2 })).toEqual(['v2: d e'])
  expect(await logs({ grep: 'b' })).toEqual(['v1 (gone): b'])
  expect(await logs({ grep: 'nothing' })).toEqual([])
})

test('it is looked for as far back as asked, and no further', async () => {
  await deploy(['old'])
  await my.world.clock.pass(3600_000)
  await deploy(['new'])
  const [, at = ''] = /bot-(\d+)-/.exec(kept()[0] ?? '') ?? []
  const age = (my.world.clock.now() - Number(at)) / 1000
  expect(await logs({ sinceSeconds: age - 0.1 })).toEqual(['v2: new'])
  expect(await logs({ sinceSeconds: age + 1 })).toEqual(['v2: new'])
  expect(await logs({ sinceSeconds: 3 * 3600 })).toEqual(['v1 (gone): old', 'v2: new'])
})

test('secrets are in no file, whatever was one when the container went, and are hidden on the way out', async () => {
  await my.until(setVariables(engine(), BOT, { PASSWORD: new Secret(PASSWORD) }))
  await deploy([`password ${PASSWORD}`, 'the later one is topsecret99', `${'x'.repeat(3_990)} ${PASSWORD}`])
  await deploy(['next'])
  expect(await keptTexts()).toContain('password [secret]\n')
  expect(await keptTexts()).not.toContain('hunter22')
  expect((await logs()).join()).toContain('the later one is topsecret99')
  await my.until(setVariables(engine(), BOT, { LATER: new Secret('topsecret99') }))
  expect((await logs()).join()).toContain('the later one is [secret]')
})

test('without the secrets to hide nothing is kept, and the container goes all the same', async () => {
  await deploy(['one'])
  const [old] = bots()
  const locked = () => {
    throw new Error('no key')
  }
  const broken = { ...engine(), vault: { ...engine().vault, open: locked } }
  const warn = vi.spyOn(engine().log, 'warn')
  const bot = await my.until(botByName(engine().database.read, BOT))
  await my.until(removeVersion(broken, bot, old?.id ?? ''))
  expect(bots()).toEqual([])
  expect(kept()).toEqual([])
  expect(warn).toHaveBeenCalledWith(expect.anything(), 'what a container printed could not be kept')
})

test('a version that failed printed in between', async () => {
  await deploy(['works'], { printsEveryMs: 60_000 })
  expect((await deploy(['dies'], { exits: 1, exitsAfterMs: 300 })).state).toBe('failed')
  await my.world.clock.pass(90_000)
  expect(await logs({ lines: 100 })).toEqual(['v1: works', 'v2 (gone): dies', 'v1: works works'])
})

test('of a bot of which no version ever worked there is the log, too', async () => {
  await expect(logs()).rejects.toMatchObject({ code: 'not_deployed', hint: '/deploy my-bot' })
  expect((await deploy(['dies'], { exits: 1, exitsAfterMs: 300 })).state).toBe('failed')
  expect(await logs()).toEqual(['v1 (gone): dies'])
})

test('a bot that is stopped, or gone by hand, has its logs', async () => {
  await deploy(['one'])
  await deploy(['two'])
  await my.operate('stop')
  expect(await logs()).toEqual(['v1 (gone): one', 'v2: two'])
  await my.until(engine().docker.removeContainer(bots()[0]?.id ?? ''))
  expect(await logs()).toEqual(['v1 (gone): one'])
})

test('of each bot the last five are kept, each of them once', async () => {
  for (let count = 1; count <= 8; count++) await deploy([`number ${count}`])
  expect(await logs()).toEqual([3, 4, 5, 6, 7].map((n) => `v${n} (gone): number ${n}`).concat('v8: number 8'))
  expect(kept()).toHaveLength(5)
  await my.world.files.writeText(`${kept()[0]?.replace(/bot-\d+/, 'bot-1')}.0815.part`, 'half of it')
  await my.operate('restart')
  expect(kept()).toHaveLength(5)
  expect((await logs()).at(-2)).toBe('v8 (gone): number 8')
})

test('at most 2,000 lines and 512 KiB, the last ones, in whole lines', async () => {
  await deploy(Array.from({ length: 3_000 }, (_, count) => `line ${count}`))
  await deploy(Array.from({ length: 1_900 }, (_, count) => `${count} ${'✓'.repeat(200)}`))
  await my.operate('restart')
  const [lines = '', bytes = ''] = await Promise.all(kept().map((path) => my.world.files.readText(path)))
  expect(lines.trim().split('\n')).toHaveLength(2_000)
  expect(lines.trim()).toMatch(/^\S+Z line 1000\n[\s\S]*line 2999$/)
  expect(Buffer.byteLength(bytes)).toBeLessThanOrEqual(512 * 1024)
  expect(Buffer.byteLength(bytes)).toBeGreaterThan(511 * 1024)
  expect(bytes).toMatch(/^\S+Z \d+ ✓+\n/)
  expect((await my.until(botLogs(engine(), BOT, { lines: 5_000 }))).map(({ lines }) => lines.length)).toEqual([
    2_000, 830, 1_900,
  ])
})

test('a full disk is said in the log, and keeps no container from going', async () => {
  await deploy(['one'])
  const warn = vi.spyOn(engine().log, 'warn')
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  const { writeText } = my.world.files
  my.world.files.writeText = async (path, text) => {
    if (path.includes('/bot-')) throw full
    return writeText(path, text)
  }
  expect((await deploy(['two'])).state).toBe('succeeded')
  expect(bots()).toHaveLength(1)
  expect(await logs()).toEqual(['v2: two'])
  expect(warn).toHaveBeenCalledWith(
    expect.objectContaining({ bot: BOT, error: 'no space left on device' }),
    'what a container printed could not be kept',
  )
})

test('a manager that is killed at whatever moment keeps what it printed, once', async () => {
  await deploy(['one'])
  for (let edge = 1; ; edge++) {
    for (const path of kept()) await my.world.files.remove(path)
    const operation = await my.ask('restart')
    const { life } = my.manager()
    const forget = engine().changes.listen(({ step, edge: which }) => {
      if (step === 'prune' && which === 'before') life.atEdge(edge, () => life.die())
    })
    const carriedOut = my.manager().look(operation.id)
    const end = await my.until(Promise.race([carriedOut.then(() => 'done'), life.died]))
    forget()
    if (end === 'done') {
      life.atEdge(Number.POSITIVE_INFINITY, () => {})
      break
    }
    await my.restart('kill')
    await my.over(operation.id)
    expect(kept(), `edge ${edge}`).toHaveLength(1)
    expect(bots(), `edge ${edge}`).toHaveLength(1)
  }
})

test('they go with the bot', async () => {
  await deploy(['one'])
  await deploy(['two'])
  expect(kept()).toHaveLength(1)
  await my.operate('remove')
  expect(my.world.files.paths().filter((path) => path.includes('/logs/'))).toEqual([])
})
