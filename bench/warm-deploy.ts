import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SandboxBot } from '../telegram-sandbox/index.ts'
import { bundled } from '../test/helpers/bundled.ts'
import { docker } from '../test/helpers/docker.ts'
import { fixtureBot } from '../test/helpers/fixture-bot.ts'
import type { GitRepo } from '../test/helpers/git-repo.ts'
import { type Installation, installation, OWNER } from '../test/helpers/installation.ts'
import { firstPoll } from './first-call.ts'
import { inPairs, type Pair } from './pairs.ts'

const run = promisify(execFile)
const PAIRS = 12

const DOCKERFILE = `FROM node:24-bookworm-slim
WORKDIR /app
COPY . .
CMD ["node", "bot.js"]
`

/** From the command to the first getUpdates of the new version; no older one runs, neither ours nor the floor's. */
export const warmDeploy = async (): Promise<{ pairs: Pair[]; steps: string[] }> => {
  const packed = await bundled()
  const here = await installation({ launcher: packed.launcher })
  try {
    const repo = await here.repo('bot')
    await here.start()
    await commit(here, repo, 0)
    const bot = await here.addBot('bench-bot', repo)
    const floorBot = here.sandbox.addBot({ username: 'floor_bench_bot' })
    const floor = await openFloor(here, { repo, bot: floorBot })
    await deploy(here, { repo, bot, round: -1 })
    await floor.deploy(-1)
    const pairs = await inPairs(PAIRS, {
      ours: async (round) => {
        await commit(here, repo, 2 * round + 1)
        return deploy(here, { repo, bot, round })
      },
      floor: async (round) => {
        await commit(here, repo, 2 * round + 2)
        return floor.deploy(round)
      },
    })
    await floor.close()
    const steps = here.sandbox
      .conversation(here.manager.username, OWNER)
      .findLast(({ text }) => /is live|unproven/.test(text))
    return { pairs, steps: steps?.text.split('\n') ?? [] }
  } finally {
    await here.close()
    await packed.remove()
  }
}

// Of this run alone: what an earlier one built would be taken from the cache.
const commit = ({ instance }: Installation, repo: GitRepo, round: number): Promise<string> =>
  repo.commit('main', {
    ...fixtureBot({ says: `round ${round} of ${instance}` }),
    Dockerfile: DOCKERFILE,
    'tbs.yaml': 'gate: { ready: 1s, stable: 1s }\n',
  })

type Deploy = { repo: GitRepo; bot: SandboxBot; round: number }

const deploy = async (here: Installation, { bot }: Deploy): Promise<number> => {
  const polled = firstPoll(here.sandbox, bot)
  const begun = performance.now()
  const asked = here.say('/deploy bench-bot main')
  const took = (await polled) - begun
  await here.reads(/is live|unproven/, { after: asked, timeout: 60_000 })
  await stop(here)
  return took
}

// By the command: one that ended otherwise would be a crash, and told of beside the next deploy.
const stop = async (here: Installation): Promise<void> => {
  const asked = await here.confirmed('/stop bench-bot')
  await here.reads(/^Stopped bench-bot/, { after: asked })
}

const openFloor = async (here: Installation, { repo, bot }: { repo: GitRepo; bot: SandboxBot }) => {
  const directory = join(here.directory, 'floor')
  const mirror = join(directory, 'mirror')
  await mkdir(mirror, { recursive: true })
  await run('git', ['init', '--quiet', '--bare', mirror])
  const env = join(directory, 'env')
  await writeFile(env, `TELEGRAM_API_ROOT=${here.env.TBS_BOTS_API_ROOT}\nBOT_TOKEN=${bot.token}\n`, { mode: 0o600 })
  const labels = { 'tbs.instance': here.instance }
  const network = await docker.createNetwork({ Name: `${here.instance}-floor`, Labels: labels })
  const images = new Set<string>()
  return {
    deploy: async (round: number): Promise<number> => {
      const source = join(directory, `source-${round}`)
      await mkdir(source)
      const name = `${here.instance}-floor-${round + 1}`
      const polled = firstPoll(here.sandbox, bot)
      const begun = performance.now()
      const args = [mirror, repo.url, 'main', source, `${here.instance}/floor`, name, `${here.instance}-floor`, env]
      await run(join(import.meta.dirname, 'floor.sh'), args)
      const took = (await polled) - begun
      images.add((await docker.getContainer(name).inspect()).Image)
      await run('docker', ['rm', '--force', name])
      await rm(source, { recursive: true })
      return took
    },
    close: async () => {
      await network.remove()
      await run('docker', ['rmi', '--force', ...images])
    },
  }
}
