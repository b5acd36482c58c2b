import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands } from '../../manager-bot/commands/index.ts'
import { createProgram } from '../../manager-bot/terminal/program.ts'
import { sayInChat } from '../hostile/doors.ts'
import { installationBench } from '../manager-bot/installation-bench.ts'
import { sourceOf } from '../properties/commands.ts'
import { startManager } from '../properties/manager.ts'
import { newWorld } from '../properties/world.ts'
import { withSamples } from './bind.ts'
import { everyCommand } from './pages.ts'
import { ownCalls } from './parse-shell.ts'

// What README and guides tell people to type, typed: each is understood, and answered or refused for what it is about.
// With Docker, servers and Telegram: test/integration.

const told = everyCommand(createProgram().commands.map((verb) => verb.name()))
const typed = [
  ...new Set(told.flatMap(({ where, text }) => (where === 'chat' ? `/${withSamples(text.slice(1))}` : []))),
]
const BOTS = ['my-bot', 'echo-bot', 'weather-bot']

test('in the chat', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tbs-docs-'))
  const world = await newWorld(directory)
  const manager = await startManager(world)
  world.git.commit('main', sourceOf('good'))
  const during = <T>(work: Promise<T>): Promise<T> => world.clock.until(work, 24 * 3_600_000)
  const tokens = BOTS.map((_, place) => `${200_000_000 + place}:AAabcdefghijklmnopqrstuvwxyz0123456`)
  try {
    for (const [place, token] of tokens.entries()) {
      world.telegram.addBot(token, `bot_${place}`)
      await sayInChat(`/addbot ${BOTS[place]} file:///memory main`, { engine: manager.engine, during, token })
    }
    // It looks at the machine that this is, whose time is not the virtual one: chat/doctor.test.ts types it.
    for (const text of typed.filter((one) => !one.startsWith('/doctor'))) {
      const said = await sayInChat(text, { engine: manager.engine, during })
      expect(said, text).not.toBe('not a command')
      const code = typeof said === 'object' && 'refused' in said ? said.refused.code : undefined
      if (text.includes(' ')) expect(code, text).not.toBe('bad_argument')
    }
  } finally {
    await manager.kill()
    await rm(directory, { recursive: true, force: true })
  }
})

// They need a server, run for ever, or have long tests of their own.
const ELSEWHERE = ['install', 'upgrade', 'uninstall', 'serve', 'demo', 'exec', 'cp', 'import']

test('in the terminal', { timeout: 240_000 }, async () => {
  const calls = told.flatMap(({ where, text }) => (where === 'shell' ? ownCalls(text) : []))
  const here = calls.filter((words) => !words.includes('--host') && !ELSEWHERE.includes(words[0] ?? ''))
  const bench = await installationBench()
  bench.environment.TBS_GIT_PROTOCOLS = 'file:https:ssh'
  try {
    for (const name of BOTS) {
      const { token } = bench.sandbox.addBot({ username: `${name.replace('-', '_')}_bot`, name })
      await bench.run(['addbot', name, 'file:///nowhere', 'main'], `${token}\n`)
    }
    for (const [, words] of new Map(here.map((call) => [shapeOf(call), call]))) {
      const text = words.join(' ')
      const { code, out, err } = await bench.run(words, 'something\n')
      // 3: written down, and no manager runs that could do it.
      expect([0, 1, 3], `${text}: ${err}`).toContain(code)
      const isAlone = words.length === 1
      if (!isAlone) expect(err, text).not.toMatch(/^(?:error: |tbs-manager: this is a bug|Usage: )/m)
      expect(out + err, text).not.toBe('')
    }
  } finally {
    await bench.close()
  }
})

/** What is the same but for its names and numbers is typed once. */
const shapeOf = (words: readonly string[]): string =>
  [words[0], words.length, ...words.filter((word) => word.startsWith('--'))].join(' ')

test('no verb is left out of README and guides', () => {
  const names = new Set(typed.map((text) => text.slice(1).split(' ')[0]))
  // It is what a link says.
  expect(commands.map(({ name }) => name).filter((name) => name !== 'start' && !names.has(name))).toEqual([])
})
