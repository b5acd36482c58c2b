import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixtureBot } from '../test/helpers/fixture-bot.ts'
import { type Installation, installation } from '../test/helpers/installation.ts'
import { bundled } from './bundled.ts'

const TICKS_PER_SECOND = 100
const WATCHED_MS = 60_000
const AT_ONCE = 10

export type Idle = { bots: number; residentMb: number; cores: number }

/** Memory of an idle manager at the end of a minute, and the part of one core that it used meanwhile. */
export const idle = async (counts: number[]): Promise<Idle[]> => {
  const packed = await bundled()
  const here = await installation({ launcher: packed.launcher })
  try {
    await here.start()
    const repo = await here.repo('bot')
    await repo.commit('main', { ...fixtureBot({ says: 'x' }), 'tbs.yaml': 'gate: { ready: 60s, stable: 1s }\n' })
    const found: Idle[] = []
    let bots = 0
    for (const count of counts) {
      for (; bots < count; bots += AT_ONCE)
        await deploySome(here, { repo, from: bots, to: Math.min(count, bots + AT_ONCE) })
      bots = count
      found.push({ bots, ...(await idleOf(here.pid())) })
    }
    return found
  } finally {
    await here.close()
    await packed.remove()
  }
}

type Some = { repo: Awaited<ReturnType<Installation['repo']>>; from: number; to: number }

const deploySome = async (here: Installation, { repo, from, to }: Some): Promise<void> => {
  const names = Array.from({ length: to - from }, (_, index) => `bot-${from + index}`)
  for (const name of names) await here.addBot(name, repo)
  const asked = names.map((name) => here.say(`/deploy ${name} main`))
  for (const [index, name] of names.entries()) {
    const after = asked[0] ?? asked[index]
    await here.reads(new RegExp(`Deployed ${name} .*is live`, 's'), { ...(after && { after }), timeout: 600_000 })
  }
}

const idleOf = async (pid: number): Promise<{ residentMb: number; cores: number }> => {
  const before = await ticksOf(pid)
  const begun = performance.now()
  await sleep(WATCHED_MS)
  const seconds = (performance.now() - begun) / 1000
  return {
    residentMb: (await residentOf(pid)) / 1024,
    cores: ((await ticksOf(pid)) - before) / TICKS_PER_SECOND / seconds,
  }
}

const ticksOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return Number(fields[11]) + Number(fields[12])
}

const residentOf = async (pid: number): Promise<number> =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1])
