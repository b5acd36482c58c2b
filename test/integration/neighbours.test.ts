import { afterAll, beforeAll, expect, test } from 'vitest'
import { freeSubnet } from '../../deploy-engine/container/subnet.ts'
import { ensureNetwork } from '../../deploy-engine/operations/ensure-network.ts'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import { fixtureBot } from '../helpers/fixture-bot.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'

let one: Installation
let two: Installation

beforeAll(async () => {
  one = await installation()
  two = await installation({ sandbox: one.sandbox })
  await Promise.all([one.start(), two.start()])
})

afterAll(async () => {
  await two.close()
  await one.close()
})

test('two installations deploy bots of the same name on one daemon and never touch each other', async () => {
  const setUp = async (here: Installation, says: string) => {
    const repo = await here.repo('bot')
    await repo.commit('main', { ...fixtureBot({ says }), 'tbs.yaml': 'gate: { ready: 20s, stable: 2s }\n' })
    return here.addBot('my-bot', repo)
  }
  const deploy = async (here: Installation, bot: SandboxBot, release: number) => {
    const asked = here.say('/deploy my-bot main')
    await here.whileTalkingTo(bot, here.reads(new RegExp(`v${release} .* is live`), { after: asked, timeout: 150_000 }))
  }
  const [a, b] = [await setUp(one, 'one'), await setUp(two, 'two')]
  await Promise.all([deploy(one, a, 1), deploy(two, b, 1)])
  const beside = await objectsOf(two.instance)
  await deploy(one, a, 2)
  await one.kill()
  await one.start()

  expect(await objectsOf(two.instance)).toEqual(beside)
  expect((await objectsOf(one.instance)).containers).toEqual([`/${one.instance}-my-bot-v2 running`])
  for (const [bot, says] of [
    [a, 'one'],
    [b, 'two'],
  ] as const) {
    one.sandbox.say(OWNER, bot.username, 'still you?')
    await one.sandbox.waitFor((s) => s.conversation(bot.username, OWNER).some((m) => m.text === `${says}: still you?`))
  }
})

test('40 bots have their networks on a stock daemon, also when two installations ask at the same time', async () => {
  const benches: Workbench[] = [await workbench(), await workbench()]
  try {
    const { signal } = new AbortController()
    const names = await Promise.all(
      benches.map(async ({ engine }) => {
        const made: string[] = []
        for (let count = 0; count < 20; count++) {
          made.push(await ensureNetwork({ engine, bot: { name: `bot-${count}` }, signal }))
        }
        return made
      }),
    )
    expect(new Set(names.flat()).size).toBe(40)
    const subnets = (await benches[0]?.engine.docker.subnets()) ?? []
    expect(new Set(subnets).size).toBe(subnets.length)
    expect(freeSubnet('10.213.0.0/16', subnets)).toBeDefined()
  } finally {
    for (const bench of benches) await bench.close()
  }
})
