import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addIdleBot, type DeployedBot } from '../helpers/deployed-bot.ts'
import { docker } from '../helpers/docker.ts'
import { HANG, SLEEP, WORK } from '../helpers/fixture-bot.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { rows } from '../helpers/journal.ts'

// What goes deaf is found and started anew, once; faults.md, row 22: what works for three minutes is left alone.

const MINUTE = 60_000
/** Its habits have to be known before. */
const KNOWN_MS = 2.5 * MINUTE

let here: Installation
let bots: Record<'hangs' | 'sleeps' | 'works', DeployedBot>

beforeAll(async () => {
  here = await installation()
  await here.start()
  const add = (name: string) => addIdleBot(here, name, { says: name })
  bots = { hangs: await add('hangs'), sleeps: await add('sleeps'), works: await add('works') }
  // With three bots, two that fall silent within five minutes would be the host's trouble, and nobody started anew.
  const others = [await add('other'), await add('another')]
  await Promise.all([...Object.values(bots), ...others].map(({ deploy }) => deploy('main')))
}, 300_000)

afterAll(() => here.close())

type Life = { id: string; startedAt: string; restarts: number }

const lifeOf = async ({ name }: DeployedBot): Promise<Life> => {
  const label = [`tbs.instance=${here.instance}`, `tbs.bot=${name}`, 'tbs.role=bot']
  const found = await docker.listContainers({ all: true, filters: { label } })
  expect(found).toHaveLength(1)
  const { Id, State, RestartCount } = await docker.getContainer(found[0]?.Id ?? '').inspect()
  return { id: Id, startedAt: State.StartedAt, restarts: RestartCount }
}

type Row = { kind: string; count: number; state: string; detail: string }

const incidentsOf = ({ bot }: DeployedBot): Promise<Row[]> => {
  const query = 'SELECT kind, count, state, detail FROM incidents JOIN bots ON bots.id = bot_id WHERE telegram_id = ?'
  return rows<Row>(here.dataDir, query, [bot.id])
}

/** Milliseconds until it runs in another life. */
const untilRestarted = async (deployed: DeployedBot, before: Life, limitMs: number): Promise<number> => {
  const began = Date.now()
  while ((await lifeOf(deployed)).startedAt === before.startedAt) {
    if (Date.now() - began > limitMs) throw new Error(`${deployed.name} was not started anew in ${limitMs} ms`)
    await sleep(500)
  }
  return Date.now() - began
}

const say = ({ bot }: DeployedBot, text: string) => here.sandbox.say(OWNER, bot.username, text)

const hears = ({ bot, name }: DeployedBot, text: string, timeout: number) =>
  here.sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some((one) => one.text === `${name}: ${text}`), {
    timeout,
    what: `${name} answering “${text}”`,
  })

describe.concurrent('a bot that', () => {
  test('never comes back from a handler is started anew within four minutes, and answers', async () => {
    const { hangs } = bots
    const before = await lifeOf(hangs)
    say(hangs, HANG)
    const took = await untilRestarted(hangs, before, 6 * MINUTE)
    console.log(`hangs: started anew after ${Math.round(took / 1000)} s`)
    expect(took).toBeGreaterThan(3 * MINUTE)
    expect(took).toBeLessThan(4 * MINUTE + 11_000)
    await hears(hangs, HANG, 15_000)
    expect(await lifeOf(hangs)).toMatchObject({ id: before.id, restarts: 0 })
    const [incident, ...more] = await incidentsOf(hangs)
    expect(more).toEqual([])
    expect(incident).toMatchObject({ kind: 'deaf', count: 1, state: 'open' })
    expect(JSON.parse(incident?.detail ?? '')).toMatchObject({ waiting: 1, restartedAt: expect.any(Number) })
  })

  test('falls asleep is started anew within five minutes, also when nobody writes', async () => {
    const { sleeps } = bots
    await sleep(KNOWN_MS)
    const before = await lifeOf(sleeps)
    say(sleeps, SLEEP)
    const took = await untilRestarted(sleeps, before, 8 * MINUTE)
    console.log(`sleeps: started anew after ${Math.round(took / 1000)} s`)
    expect(took).toBeGreaterThan(3 * MINUTE)
    expect(took).toBeLessThan(5 * MINUTE + 11_000)
    say(sleeps, 'awake?')
    await hears(sleeps, 'awake?', 15_000)
    expect(await incidentsOf(sleeps)).toMatchObject([{ kind: 'deaf', count: 1 }])
  })

  test('works for three minutes while others wait is left alone, time after time', async () => {
    const { works } = bots
    const before = await lifeOf(works)
    say(works, `${WORK} 180`)
    await sleep(20_000)
    say(works, `${WORK} 180.0`)
    say(works, 'and then?')
    await hears(works, 'and then?', 7 * MINUTE)
    expect(await lifeOf(works)).toEqual(before)
    expect(await incidentsOf(works)).toEqual([])
  })
})
