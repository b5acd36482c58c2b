import type { SandboxBot } from '../telegram-sandbox/index.ts'
import { type Behaviour, fixtureBot } from '../test/helpers/fixture-bot.ts'
import type { GitRepo } from '../test/helpers/git-repo.ts'
import { type Installation, installation } from '../test/helpers/installation.ts'
import { type LoadResult, load } from '../test/helpers/load.ts'

export const VISITOR = { id: 2002, name: 'Vera' }

/** An installation with one bot that answers, and somebody who writes to it 20 times a second when wanted. */
export type Stage = {
  here: Installation
  repo: GitRepo
  bot: SandboxBot
  commit(branch: string, behaviour: Behaviour): Promise<string>
  /** Types a command under load; gives the final message, what the visitor saw, and when each voice was heard. */
  underLoad(command: string, end: RegExp): Promise<{ text: string; seen: LoadResult; heard: Heard[] }>
}

/** A reply of the bot: what it began with, and when it came, ms since the epoch. */
export type Heard = { voice: string; at: number }

const TBS = 'gate: { ready: 30s, stable: 15s }\n'

export const onStage = async <T>(act: (stage: Stage) => Promise<T>): Promise<T> => {
  const here = await installation()
  try {
    const repo = await here.repo('bot')
    await here.start()
    const commit = (branch: string, behaviour: Behaviour) =>
      repo.commit(branch, { ...fixtureBot(behaviour), 'tbs.yaml': TBS })
    await commit('main', { says: 'base' })
    const bot = await here.addBot('bench-bot', repo)
    const stage: Stage = {
      here,
      repo,
      bot,
      commit,
      underLoad: (command, end) => underLoad(here, bot, { command, end }),
    }
    await stage.underLoad('/deploy bench-bot main', /is live/)
    return await act(stage)
  } finally {
    await here.close()
  }
}

const underLoad = async (
  here: Installation,
  bot: SandboxBot,
  { command, end }: { command: string; end: RegExp },
): Promise<{ text: string; seen: LoadResult; heard: Heard[] }> => {
  const heard: Heard[] = []
  const forget = here.sandbox.onChange((event) => {
    if (event.type !== 'message' || event.chat !== bot.username || !event.message.from.is_bot) return
    heard.push({ voice: event.message.text.split(': ')[0] ?? '', at: Date.now() })
  })
  const visitor = load(here.sandbox, bot, VISITOR)
  const asked = command.startsWith('/rollback') ? await here.confirmed(command) : here.say(command)
  const { text } = await here.reads(end, { after: asked, timeout: 180_000 })
  const seen = await visitor.stop()
  forget()
  return { text, seen, heard }
}
