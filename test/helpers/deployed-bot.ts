import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { type Behaviour, fixtureBot } from './fixture-bot.ts'
import type { GitRepo } from './git-repo.ts'
import { type Installation, installation, OWNER } from './installation.ts'

/** A gate that takes a second as soon as the bot is seen polling, which takes up to 8 s. */
export const QUICK = { 'tbs.yaml': 'gate: { ready: 15s, stable: 1s }\n' }

export type DeployedBot = {
  name: string
  here: Installation
  repo: GitRepo
  bot: SandboxBot
  /** Makes a branch of the bot's repository from a behaviour and further files; with the quick gate unless they say. */
  branch(name: string, behaviour: Behaviour, files?: Record<string, string>): Promise<string>
  /** Deploys a branch and gives the message that says it is live. */
  deploy(ref: string): Promise<string>
  /** Writes a word to the bot and gives what answered it, without the word. */
  ask(word: string, timeout?: number): Promise<string>
}

/** A whole installation with one bot that is live, `my-bot` at `main`. */
export const deployedBot = async (behaviour: Behaviour = { says: 'base' }): Promise<DeployedBot> => {
  const here = await installation()
  try {
    await here.start()
    return await addDeployedBot(here, 'my-bot', behaviour)
  } catch (error) {
    await here.close()
    throw error
  }
}

/** One more of them in an installation that runs. */
export const addDeployedBot = async (
  here: Installation,
  name: string,
  behaviour: Behaviour = { says: 'base' },
): Promise<DeployedBot> => {
  const deployed = await addIdleBot(here, name, behaviour)
  await deployed.deploy('main')
  return deployed
}

/** A bot with a branch `main`, not deployed yet. */
export const addIdleBot = async (here: Installation, name: string, behaviour: Behaviour): Promise<DeployedBot> => {
  const repo = await here.repo(name)
  await repo.commit('main', { ...fixtureBot(behaviour), ...QUICK })
  const bot = await here.addBot(name, repo)
  return {
    name,
    here,
    repo,
    bot,
    branch: (branch, more, files = {}) => repo.commit(branch, { ...fixtureBot(more), ...QUICK, ...files }),
    deploy: async (ref) => {
      const asked = here.say(`/deploy ${name} ${ref}`)
      const end = new RegExp(`\\b${name} at [^]*(is live|Not deployed)`)
      const live = here.reads(end, { after: asked, timeout: 150_000 })
      const { text } = await here.whileTalkingTo(bot, live)
      if (!/is live/.test(text)) throw new Error(`${name} at ${ref} was not deployed: ${text}`)
      return text
    },
    ask: (word, timeout = 30_000) => askBot(here, bot, { word, timeout }),
  }
}

const askBot = async (
  { sandbox }: Installation,
  bot: SandboxBot,
  { word, timeout }: { word: string; timeout: number },
): Promise<string> => {
  const { message_id } = sandbox.say(OWNER, bot.username, word)
  const answer = await sandbox.waitFor(
    () =>
      sandbox
        .conversation(bot.username, OWNER)
        .find((one) => one.from.is_bot && one.message_id > message_id && one.text.endsWith(`: ${word}`)),
    { timeout, what: `an answer of @${bot.username} to “${word}”` },
  )
  return answer.text.slice(0, -`: ${word}`.length)
}
