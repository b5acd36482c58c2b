import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { objectsOf } from '../helpers/docker.ts'
import { watchExits } from '../helpers/exits.ts'
import { type Behaviour, fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import { load } from '../helpers/load.ts'

// faults.md, rows 1, 3, 4, 5 and 6: a bot under 20 updates a second.

const VISITOR = { id: 2002, name: 'Vera' }
const QUICK = { 'tbs.yaml': 'gate: { ready: 30s, stable: 2s }\n' }

let here: Installation
let repo: GitRepo
let bot: SandboxBot
let release = 0

beforeAll(async () => {
  here = await installation()
  repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', { ...fixtureBot({ says: 'base' }), ...QUICK })
  bot = await here.addBot('my-bot', repo)
})

afterAll(() => here.close())

const branch = (name: string, behaviour: Behaviour, files: Record<string, string> = {}) =>
  repo.commit(name, { ...fixtureBot(behaviour), ...files })

/** Deploys under load; gives the final message and what the visitor saw. */
const deployUnderLoad = async (ref: string, end: RegExp) => {
  const visitor = load(here.sandbox, bot, VISITOR)
  const asked = here.say(`/deploy my-bot ${ref}`)
  const message = await here.reads(end, { after: asked, timeout: 150_000 })
  const result = await visitor.stop()
  return { message, result, asked }
}

const runningContainers = async () =>
  ((await objectsOf(here.instance)).containers ?? []).filter((line) => line.endsWith('running'))

const expectOneRunning = async (number: number) => {
  const running = await runningContainers()
  expect(running).toHaveLength(1)
  expect(running[0]).toContain(`/${here.instance}-my-bot-v${number}`)
  const asked = here.say('/status my-bot')
  expect((await here.reads(/my-bot/, { after: asked })).text).toMatch(new RegExp(`v${number}\\b`))
}

const base = async () => {
  const { message } = await deployUnderLoad('main', /is live/)
  release = Number(/v(\d+) /.exec(message.text)?.[1])
}

describe.sequential('a bot under load', () => {
  test('row 1: a good deploy loses nothing and repeats nothing', async () => {
    await base()
    const exits = await watchExits(here.instance)
    const gaps: number[] = []
    for (const says of ['two', 'three', 'four']) {
      await branch(says, { says }, QUICK)
      const seen: number[] = []
      const forget = here.sandbox.onChange((event) => {
        if (event.type === 'message' && event.message.text.startsWith(`${says}: `)) seen.push(Date.now())
      })
      const { message, result } = await deployUnderLoad(says, /is live/)
      forget()
      gaps.push((seen[0] ?? Number.NaN) - (exits.times.at(-1) ?? Number.NaN))
      release += 1
      expect(message.text).toMatch(new RegExp(`v${release} .* is live`))
      expect(result).toMatchObject({ lost: 0, repeated: 0, conflicts: 0 })
      expect(result.voices.at(-1)).toBe(says)
      expect(result.voices.length).toBeLessThanOrEqual(2)
      await expectOneRunning(release)
    }
    exits.stop()
    console.log(
      `gap from the old one's exit to the new one's first reply: ${gaps.map((gap) => `${gap} ms`).join(', ')}`,
    )
    expect(Math.max(...gaps)).toBeLessThan(4_000)
  })

  test('row 3: a version that exits at once leaves the old one running again', async () => {
    await branch('crashes', { says: 'never', crash: 'at once' })
    const { message, result } = await deployUnderLoad('crashes', /Not deployed/)
    console.log(`longest wait of a person: ${result.longestMs} ms`)
    expect(message.text).toContain('exited with code 1')
    expect(message.text).toContain('Cannot find module ./missing.js')
    expect(result).toMatchObject({ lost: 0, repeated: 0, conflicts: 0, voices: ['four'] })
    expect(result.longestMs).toBeLessThan(10_000)
    await expectOneRunning(release)
  })

  test('row 4: a version that exits 9 s after it began to poll is caught by the gate', async () => {
    await branch('crashes-late', { says: 'late', crash: 9_000 })
    const { message, result } = await deployUnderLoad('crashes-late', /Not deployed/)
    console.log(`longest wait of a person: ${result.longestMs} ms`)
    expect(message.text).toContain('exited with code 1')
    expect(result).toMatchObject({ lost: 0, conflicts: 0 })
    expect(result.voices).toEqual(['four', 'late', 'four'])
    expect(result.longestMs).toBeLessThan(10_000)
    await expectOneRunning(release)
  })

  test('row 5: a version that calls getMe and never polls is replaced by the old one', async () => {
    await branch('deaf', { says: 'deaf', deaf: true })
    const { message, result } = await deployUnderLoad('deaf', /Not deployed/)
    expect(message.text).toMatch(/does not take its updates/)
    expect(result).toMatchObject({ lost: 0, repeated: 0, conflicts: 0, voices: ['four'] })
    await expectOneRunning(release)
  })

  test('row 6: an old version that ignores SIGTERM is killed after its grace period', async () => {
    const grace = { 'tbs.yaml': 'run: { stop_grace: 3s }\ngate: { ready: 30s, stable: 2s }\n' }
    await branch('slow-stop', { says: 'slow', ignoresSigterm: true }, grace)
    await deployUnderLoad('slow-stop', /is live/)
    const { message, result } = await deployUnderLoad('main', /is live/)
    release = Number(/v(\d+) /.exec(message.text)?.[1])
    // SIGKILL in the middle of an update: that one is answered twice, which is the exception that faults.md allows.
    expect(result).toMatchObject({ lost: 0, conflicts: 0, voices: ['slow', 'base'] })
    expect(result.repeated).toBeLessThanOrEqual(1)
    expect(message.text).toMatch(/Stop .* · [34](\.\d)? s/)
    await expectOneRunning(release)
  })
})

test('the manager writes to nobody else and shows no token', async () => {
  const texts = here.sandbox
    .conversation(here.manager.username, OWNER)
    .flatMap(({ history, from }) => (from.is_bot ? history.map(({ text }) => text) : []))
  expect(texts.join('\n')).not.toContain(bot.token)
})
