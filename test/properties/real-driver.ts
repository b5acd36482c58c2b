import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Engine, openEngine } from '../../deploy-engine/index.ts'
import { connectDocker } from '../../deploy-engine/io/docker/connect.ts'
import { allBots } from '../../deploy-engine/records/bot.ts'
import { unfinishedOperations } from '../../deploy-engine/records/operation.ts'
import { ReleaseSchema } from '../../deploy-engine/records/release.ts'
import { StepSchema } from '../../deploy-engine/records/step.ts'
import type { SandboxBot } from '../../telegram-sandbox/index.ts'
import { quietLog } from '../helpers/engine.ts'
import { type Behaviour, fixtureBot } from '../helpers/fixture-bot.ts'
import type { GitRepo } from '../helpers/git-repo.ts'
import { type Installation, installation, OWNER } from '../helpers/installation.ts'
import type { Command, Meanwhile, Version } from './commands.ts'
import { type Driver, rollbackTarget } from './run-sequence.ts'
import { PROBE_MS, type Snapshot, takeSnapshot } from './snapshot.ts'

const BOT = 'my-bot'
const TALK_EVERY_MS = 100
const CALL_MS = 20
const OPERATION_MS = 120_000
const WATCH_MS = 75_000
const HOPELESS_MS = 1_000

const BEHAVIOURS: Record<Version, Omit<Behaviour, 'says'>> = {
  good: {},
  'slow to stop': {},
  'deaf to SIGTERM': { ignoresSigterm: true },
  'leaves data': { writes: '/app/state.json' },
  'slow build': {},
  'bad build': { build: 'fails' },
  crash: { crash: 'at once' },
  'late crash': { crash: 1_000 },
  deaf: { deaf: true },
}

const QUICK = 'gate: { ready: 6s, stable: 3s }\nrun: { stop_grace: 3s }\n'

export type RealDriver = Driver & { close(): Promise<void> }

/** Performs commands as a person does, in the chat of a real manager on real Docker; a kill is a SIGKILL of it. */
export const realDriver = async (): Promise<RealDriver> => {
  const here = await installation()
  const repo = await here.repo('bot')
  await here.start()
  await repo.commit('main', sourceOf('good'))
  const bot = await here.addBot(BOT, repo)
  const { engine, close } = await readingEngine(here)
  const docker = connectDocker()
  let commits = 0

  const until = async (what: () => Promise<boolean>, limitMs: number): Promise<boolean> => {
    for (const limit = Date.now() + limitMs; Date.now() < limit; await sleep(30)) if (await what()) return true
    return false
  }
  const unfinished = async () => (await unfinishedOperations(engine.database.read)).length > 0
  const settle = () => until(async () => !(await unfinished()), OPERATION_MS)

  const say = async (text: string): Promise<string> => {
    const asked = here.say(text)
    const answer = await here.reads(/./, { after: asked, timeout: 30_000 })
    const [yes, no] = answer.buttons.flat()
    if (yes && no) await here.sandbox.press(OWNER, here.manager.username, answer.message_id, yes.text)
    return answer.text
  }

  const textFor = async (command: Command, before: Snapshot): Promise<string> => {
    if (command.do === 'deploy') return `/deploy ${BOT} ${await branch(repo, command.version, ++commits)}`
    if (command.do === 'restart' || command.do === 'stop' || command.do === 'run') return `/${command.do} ${BOT}`
    const target = command.do === 'rollback' && command.to !== undefined ? rollbackTarget(command, before) : undefined
    return `/rollback ${BOT} ${target ? `v${target.number}` : ''}`.trim()
  }

  const comeBetween = async ({ what, step, edge, calls }: Meanwhile, after: number): Promise<void> => {
    const state = edge === 'before' ? 'started' : 'done'
    const reached = async () => {
      const steps = await engine.database.read.findBy(StepSchema, { name: step })
      return steps.some((one) => one.id > after && (one.state === state || edge === 'before'))
    }
    let seen = false
    await until(async () => {
      seen = await reached()
      return seen || !(await unfinished())
    }, OPERATION_MS)
    if (!seen) return
    await sleep(calls * CALL_MS)
    if (what === 'cancel') here.say(`/cancel ${BOT}`)
    else if (what === 'deploy another') await say(`/deploy ${BOT} ${await branch(repo, 'good', ++commits)}`)
    else if (what === 'kill' || what === 'stop') await restart(here, what)
  }

  const operate = async (command: Extract<Command, { busy: boolean }>, before: Snapshot) => {
    const [last] = await engine.database.read.find(StepSchema, { order: { id: 'DESC' }, take: 1 })
    const talking = command.busy
      ? setInterval(() => here.sandbox.say(OWNER, bot.username, 'hello'), TALK_EVERY_MS)
      : undefined
    try {
      const answer = await say(await textFor(command, before))
      const refused = refusalIn(answer)
      if (refused !== undefined) return { refused }
      if (command.meanwhile) await comeBetween(command.meanwhile, last?.id ?? 0)
      await settle()
      return {}
    } finally {
      clearInterval(talking)
    }
  }

  const probes = () => docker.containers({ 'tbs.instance': here.instance, 'tbs.role': 'probe' })

  const look = async (): Promise<Snapshot> => {
    // A slow machine takes a while to begin one, in which it looks like one that was left behind.
    await until(async () => (await probes()).length === 0, PROBE_MS)
    return takeSnapshot(engine, {
      docker,
      bot: BOT,
      temporary: await readdir(join(here.dataDir, 'tmp')).catch(() => []),
      volumes: (await docker.volumes({ 'tbs.instance': here.instance })).map(({ name }) => name),
      telegram: {
        pending: here.sandbox.pending(bot.id),
        pollers: 'not known',
        conflicts: here.sandbox.conflicts(bot.id),
      },
    })
  }

  const act = async (command: Command, before: Snapshot): Promise<{ refused?: string }> => {
    if ('busy' in command) return operate(command, before)
    if (command.do === 'kill') await restart(here, 'kill')
    if (command.do === 'talk') here.sandbox.say(OWNER, bot.username, 'hello')
    if (command.do === 'wait') await sleep(3_000)
    return {}
  }

  return {
    perform: async (command, before) => {
      const result = await act(command, before)
      await settleTraffic(engine, here, bot)
      await settle()
      return result
    },
    look,
    close: async () => {
      await close()
      await here.close()
    },
  }
}

const sourceOf = (version: Version): Record<string, string> => ({
  ...fixtureBot({ says: 'x', ...BEHAVIOURS[version] }),
  'tbs.yaml': QUICK,
})

const branch = async (repo: GitRepo, version: Version, count: number): Promise<string> => {
  const name = `${version.replaceAll(' ', '_')}-${count}`
  await repo.commit(name, sourceOf(version))
  return name
}

const restart = async (here: Installation, end: 'kill' | 'stop'): Promise<void> => {
  await here[end]()
  await here.start()
}

// The watch has 20 s to find that updates wait, and the rollback it asks for needs its gate. Where nothing runs, or
// nothing could be put back, they wait for ever.
const settleTraffic = async (engine: Engine, { sandbox }: Installation, { id }: SandboxBot): Promise<void> => {
  await sleep(1_000)
  const [active] = await engine.database.read.findBy(ReleaseSchema, { state: 'active' })
  const [bot] = await allBots(engine.database.read)
  const hopeless = !active || bot?.stoppedAt !== null || (active.proof === 'unproven' && active.replaced === null)
  const limit = Date.now() + (hopeless ? HOPELESS_MS : WATCH_MS)
  while (sandbox.pending(id) > 0 && Date.now() < limit) await sleep(250)
}

/** The same records, read beside the manager. */
const readingEngine = async (here: Installation): Promise<{ engine: Engine; close(): Promise<void> }> =>
  openEngine(
    {
      instance: here.instance,
      dataDir: here.dataDir,
      keyFile: `${here.dataDir}.key`,
      apiRoot: here.sandbox.apiRoot,
      botsApiRoot: here.sandbox.apiRoot,
      gitProtocols: ['file'],
      netPool: '10.213.0.0/16',
      timezone: 'Etc/UTC',
    },
    { log: quietLog },
  )

const refusalIn = (answer: string): string | undefined => {
  if (/has no (earlier )?release/.test(answer)) return 'no_release'
  if (/has no version yet/.test(answer)) return 'not_deployed'
  if (/is stopped already/.test(answer)) return 'already_stopped'
  if (/runs already/.test(answer)) return 'already_running'
  if (/is the active release already/.test(answer)) return 'already_active'
  return /was removed to free disk/.test(answer) ? 'release_gone' : undefined
}
