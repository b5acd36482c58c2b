import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { addBot, openEngine, requestOperation, Secret } from '../deploy-engine/index.ts'
import { chatTables } from '../manager-bot/chat/records/tables.ts'
import { engineSettings, readConfig } from '../manager-bot/config.ts'
import { bundled } from '../test/helpers/bundled.ts'
import { docker } from '../test/helpers/docker.ts'
import { quietLog } from '../test/helpers/engine.ts'
import { fixtureBot } from '../test/helpers/fixture-bot.ts'
import type { GitRepo } from '../test/helpers/git-repo.ts'
import { type Installation, installation } from '../test/helpers/installation.ts'
import { rows } from '../test/helpers/journal.ts'

const TICKS_PER_SECOND = 100
const WATCHED_MS = 60_000
/** Each new version is looked at closely at first. */
const SETTLED_MS = 3 * 60_000
const FLEET = 200
const FLEET_MS = 10 * 60_000
const LOOK_MS = 500

export type Idle = { bots: number; residentMb: number; cores: number }

/** `toldMs`: from the end of a bot's process, after all that time, to the message about it. */
export type Fleet = Idle & { seconds: number; toldMs: number }

/** Memory of an idle manager after a while, and the part of one core that it used in the last minute of it. */
export const idle = (counts: number[]): Promise<Idle[]> =>
  onBundle(async (here, repo) => {
    const found: Idle[] = []
    let bots = 0
    for (const count of counts) {
      await deployAll(here, { repo, from: bots, to: count })
      bots = count
      await sleep(SETTLED_MS)
      found.push({ bots, ...(await idleOf(here.pid(), WATCHED_MS)) })
    }
    return found
  })

/** The same for two hundred bots and ten minutes, with a crash at the end that shows whether the watch is behind. */
export const fleet = (): Promise<Fleet> =>
  onBundle(async (here, repo) => {
    await deployAll(here, { repo, from: 0, to: FLEET })
    const found = await idleOf(here.pid(), FLEET_MS)
    return { bots: FLEET, seconds: FLEET_MS / 1000, ...found, toldMs: await untilTold(here) }
  })

const onBundle = async <Found>(work: (here: Installation, repo: GitRepo) => Promise<Found>): Promise<Found> => {
  // As the image has it.
  process.env.MALLOC_ARENA_MAX = '2'
  const packed = await bundled()
  const here = await installation({ launcher: packed.launcher })
  try {
    const repo = await here.repo('bot')
    await repo.commit('main', { ...fixtureBot({ says: 'x' }), 'tbs.yaml': 'gate: { ready: 60s, stable: 1s }\n' })
    return await work(here, repo)
  } finally {
    await here.close()
    await packed.remove()
  }
}

type Some = { repo: GitRepo; from: number; to: number }

/** Asked for while no manager runs, and by nobody in a chat, whose limits would set the pace. */
const deployAll = async (here: Installation, { repo, from, to }: Some): Promise<void> => {
  await here.stop()
  const { engine, close } = await openEngine(engineSettings(readConfig(here.env)), { log: quietLog, ...chatTables })
  for (let number = from; number < to; number++) {
    const name = `bot-${number}`
    const { token } = here.sandbox.addBot({ username: `idle_${number}_bot` })
    await addBot(engine, { name, repo: repo.url, branch: 'main', token: new Secret(token) })
    await requestOperation(engine, { bot: name, kind: 'deploy', args: {}, requestedBy: 'terminal:bench' })
  }
  await close()
  await here.start()
  for (;;) {
    const states = await rows<{ state: string }>(
      here.dataDir,
      "SELECT state FROM operations WHERE state <> 'succeeded'",
    )
    if (states.length === 0) return
    if (states.some(({ state }) => /failed|cancelled/.test(state))) throw new Error('a bot was not deployed')
    await sleep(LOOK_MS)
  }
}

const idleOf = async (pid: number, ms: number): Promise<{ residentMb: number; cores: number }> => {
  const before = await ticksOf(pid)
  const begun = performance.now()
  await sleep(ms)
  const seconds = (performance.now() - begun) / 1000
  return {
    residentMb: (await residentOf(pid)) / 1024,
    cores: ((await ticksOf(pid)) - before) / TICKS_PER_SECOND / seconds,
  }
}

const untilTold = async (here: Installation): Promise<number> => {
  const filters = { label: [`tbs.instance=${here.instance}`, 'tbs.role=bot', 'tbs.bot=bot-0'] }
  const [container] = await docker.listContainers({ filters })
  const { State } = await docker.getContainer(container?.Id ?? '').inspect()
  const told = here.reads(/bot-0 crashed/)
  const begun = performance.now()
  process.kill(State.Pid, 'SIGKILL')
  await told
  return performance.now() - begun
}

const ticksOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return Number(fields[11]) + Number(fields[12])
}

const residentOf = async (pid: number): Promise<number> =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1])
