import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookAtOperation } from '../../deploy-engine/index.ts'
import { systemGit } from '../../deploy-engine/io/git.ts'
import type { Engine, GitPort } from '../../deploy-engine/ports.ts'
import { commands } from '../../manager-bot/commands/index.ts'
import { sourceOf } from '../properties/commands.ts'
import { type MemoryManager, startManager } from '../properties/manager.ts'
import { newWorld, type World } from '../properties/world.ts'
import { sayInChat, typeInTerminal } from './doors.ts'
import { type GitRecorder, recordGit } from './git-recorder.ts'
import { likely, word } from './words.ts'

let directory: string
let world: World
let manager: MemoryManager
let recorder: GitRecorder
let bots = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tbs-hostile-'))
  recorder = await recordGit(directory)
  world = await newWorld(directory)
  manager = await startManager(world)
  world.git.commit('main', sourceOf('good'))
})

afterAll(async () => {
  recorder.restore()
  await manager.kill()
  await rm(directory, { recursive: true, force: true })
})

const during = <T>(work: Promise<T>): Promise<T> => world.clock.until(work, 5 * 60_000)
const errand = (token?: string) => ({ engine: manager.engine, during, ...(token !== undefined && { token }) })

/** A token that no bot has yet; Telegram knows it. */
const newToken = (): string => {
  bots += 1
  const token = `${200_000_000 + bots}:AAabcdefghijklmnopqrstuvwxyz0123456`
  world.telegram.addBot(token, `bot_${bots}`)
  return token
}

/** Rows that were written since the start, as SQLite counts them. */
const changes = async (): Promise<number> => {
  const [row] = await during(manager.engine.database.read.query('SELECT total_changes() AS changes'))
  return row.changes
}

describe('whatever is typed', () => {
  test('is taken, or refused with what to do instead and nothing changed', async () => {
    await sayInChat('/addbot my-bot file:///memory main', errand(newToken()))
    const name = fc.constantFrom(...commands.map((command) => command.name))
    const door = fc.constantFrom('chat' as const, 'terminal' as const)
    // Half of them name a bot that there is, so that it is the rest that counts.
    const free = fc.array(word, { maxLength: 4 })
    const words = fc.oneof(
      free,
      free.map((rest) => ['my-bot', ...rest]),
    )
    let refusals = 0
    await fc.assert(
      fc.asyncProperty(door, name, words, async (at, command, words) => {
        const before = await changes()
        const said =
          at === 'chat'
            ? await sayInChat(`/${command} ${words.join(' ')}`, errand())
            : await typeInTerminal(command, words, errand())
        if (said === 'not a command' || !('refused' in said)) return
        refusals += 1
        const { code, message, hint } = said.refused
        expect(await changes()).toBe(before)
        expect(code).toMatch(/^[a-z_]+$/)
        expect(hint ?? '').not.toBe('')
        expect(message.length).toBeLessThan(700)
      }),
      { numRuns: 2000 },
    )
    expect(refusals).toBeGreaterThan(200)
  }, 120_000)

  test('a name that is taken is one that Docker takes, and comes back exactly', async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(fc.oneof(likely('-', 33), likely('-_.A', 5)), async (name) => {
        const said = await typeInTerminal('addbot', [name, 'file:///memory', 'main'], errand(newToken()))
        if (said === 'not a command' || 'refused' in said) return
        const deploy = await typeInTerminal('deploy', [name], errand())
        const operation = deploy === 'not a command' || 'refused' in deploy ? 0 : (deploy.reply.operation ?? 0)
        await during(manager.look(operation))
        const [row] = await during(
          manager.engine.database.read.query('SELECT state, outcome FROM operations WHERE id = ?', [operation]),
        )
        expect({ name, ...row }).toMatchObject({ name, state: 'succeeded' })
        taken += 1
        const own = [...world.daemon.machines.values()].filter(({ spec }) => spec.labels['tbs.bot'] === name)
        expect(own).toHaveLength(1)
      }),
      { numRuns: 150 },
    )
    expect(taken).toBeGreaterThan(15)
  }, 120_000)

  test('a ref or URL that is taken reaches git only as data', async () => {
    const settings = { ...world.settings, gitProtocols: ['https', 'ssh', 'file'] }
    const git = systemGit(settings)
    const engine: Engine = { ...manager.engine, settings, git: { ...standingStill(git), createKey: git.createKey } }
    const before = (await readdir(directory)).sort()
    const words = new Set<string>()
    for (const usual of ['main', 'abcdef0', 'a'.repeat(40)]) {
      for (const args of await gitCalls(engine, 'https://example.org/x.git', usual)) {
        for (const one of ourPart(args)) words.add(one)
      }
    }
    const ref = fc.oneof(word, likely('-./_+@{}~^:', 30))
    const path = likely('-./_:@%~', 30)
    const url = fc.oneof(
      word,
      path.map((rest) => `file:///${rest}`),
      path.map((rest) => `https://example.org/${rest}`),
      path.map((rest) => `git@example.org:${rest}`),
    )
    let fetches = 0
    await fc.assert(
      fc.asyncProperty(url, ref, async (repo, branch) => {
        for (const args of await gitCalls(engine, repo, branch)) {
          expect(ourPart(args).filter((one) => !words.has(one))).toEqual([])
          const given = args.slice(args.indexOf('--') + 1)
          if (args.includes('ls-remote') || args.includes('fetch')) {
            fetches += 1
            expect(given[0]).toBe(repo)
            expect(given.slice(1).every((one) => one === 'HEAD' || /^(\+?refs\/|[0-9a-f])/.test(one))).toBe(true)
          }
        }
      }),
      { numRuns: 150 },
    )
    expect(fetches).toBeGreaterThan(20)
    expect((await readdir(directory)).sort()).toEqual(before)
  }, 120_000)
})

/** How git is called when a bot with this repository is added and this ref of it deployed; nothing if refused. */
const gitCalls = async (engine: Engine, repo: string, ref: string): Promise<string[][]> => {
  const name = `bot${bots}`
  const added = await typeInTerminal('addbot', [name, repo, ref], { ...errand(newToken()), engine })
  if (added === 'not a command' || 'refused' in added) return []
  const deploy = await typeInTerminal('deploy', [name, ref], { ...errand(), engine })
  if (deploy === 'not a command' || 'refused' in deploy) throw new Error('deploy refused what addbot took')
  await recorder.look()
  await during(lookAtOperation(engine, deploy.reply.operation ?? 0))
  return recorder.look()
}

/** What comes before the data; the number of a bot's mirror left out. */
const ourPart = (args: string[]): string[] => {
  const data = args.findIndex((one) => one === '--' || one === '--end-of-options')
  return args.slice(0, data < 0 ? undefined : data).map((one) => one.replace(/\/repos\/.*/, '/repos'))
}

/** Real git takes real time, in which no virtual time passes. */
const standingStill = (git: GitPort): GitPort =>
  new Proxy(git, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      return (...given: unknown[]) => world.clock.during(Promise.resolve(Reflect.apply(method, target, given)))
    },
  })
