import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Container } from 'dockerode'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { judge, type Verdict } from '../../deploy-engine/container/evidence.ts'
import { PROBE_IMAGE } from '../../deploy-engine/container/probe.ts'
import { PROBE_SCRIPT } from '../../deploy-engine/container/probe-script.ts'
import { type Sample, stateOf } from '../../deploy-engine/container/sample.ts'
import { deafness, firstSign, SETTLED_MS } from '../../deploy-engine/container/signs.ts'
import { readProbe } from '../../deploy-engine/container/socket-table.ts'
import { Secret } from '../../deploy-engine/index.ts'
import { docker } from '../helpers/docker.ts'
import { type Workbench, workbench } from '../helpers/engine.ts'
import {
  buildLivenessImage,
  commandOf,
  HEALTH_PORT,
  LIBRARIES,
  type Library,
  MODES,
  type Mode,
  POOL_COMMAND,
} from '../helpers/liveness-bots.ts'

// docs/liveness.md: what 24 bots show in five minutes, and what the gate makes of it. All of them run at once.

const MINUTES = 5
const EVERY_MS = 3_000
const GATE = { readyMs: 60_000, stableMs: 15_000 }
const WRITES_AT: Record<Mode, number[]> = {
  idle: [240],
  deaf: [240],
  'deaf, with a pool': [240],
  'deaf, with a health server': [240],
  // While the gate waits for its sign.
  busy: [12, 15, 18],
  webhook: [30, 60, 90, 120],
}

type Cell = { library: Library; mode: Mode }
type Traffic = { sentBytes: number; cpuNs: number }
type Seen = Cell & { startedAt: number; samples: Sample[]; traffic: [Traffic, Traffic] }

let bench: Workbench
let image: string
let pool: string
let seen: Seen[]

beforeAll(async () => {
  bench = await workbench()
  image = `${bench.settings.instance}/liveness`
  await buildLivenessImage(docker, { tag: image, labels: labels() })
  pool = await addressOf(await run({ Image: image, Cmd: POOL_COMMAND }))
  bench.sandbox.addPerson({ id: 1001, name: 'Olga' })
  const cells = LIBRARIES.flatMap((library) => MODES.map((mode) => ({ library, mode })))
  seen = await Promise.all(cells.map(observe))
  await writeFile(join(tmpdir(), 'liveness.md'), table(seen))
}, 600_000)

afterAll(() => bench.close())

test('no bot that takes its updates is called deaf, and no deaf one is live', () => {
  const wrong = seen.filter(({ mode, ...rest }) => {
    const { gate, later } = verdictsOf({ mode, ...rest })
    const live = (gate.kind === 'pass' && gate.proof === 'live') || later?.startsWith('live')
    return mode.startsWith('deaf') ? live || gate.kind === 'fail' || !later?.startsWith('deaf') : !live
  })
  expect(wrong.map(({ library, mode }) => `${library}, ${mode}`)).toEqual([])
})

test('an idle bot is live before its gate ends', () => {
  const idle = seen.filter(({ mode }) => mode === 'idle').map((one) => verdictsOf(one).seconds)
  expect(Math.max(...idle)).toBeLessThan(60)
})

const labels = () => ({ 'tbs.instance': bench.settings.instance })

const run = async (options: { Image: string; Cmd: string[]; Env?: string[] }): Promise<Container> => {
  const HostConfig = { Init: true, ExtraHosts: ['host.docker.internal:host-gateway'] }
  const container = await docker.createContainer({ ...options, Labels: labels(), HostConfig })
  await container.start()
  return container
}

const addressOf = async (container: Container): Promise<string> =>
  (await container.inspect()).NetworkSettings.Networks.bridge?.IPAddress ?? ''

const observe = async ({ library, mode }: Cell, index: number): Promise<Seen> => {
  // Not all at the same moment: 24 starts at once would be a test of this machine.
  await sleep(index * 1_000)
  const { sandbox, settings } = bench
  const bot = sandbox.addBot({ username: `cell_${index}_bot` })
  const startedAt = Date.now()
  const Env = [
    `BOT_TOKEN=${bot.token}`,
    `TELEGRAM_API_ROOT=${settings.botsApiRoot}`,
    `LIBRARY=${library}`,
    `MODE=${mode}`,
    `POOL=${pool}`,
  ]
  const container = await run({ Image: image, Cmd: commandOf(library), Env })
  const over = new AbortController()
  const end = startedAt + MINUTES * 60_000
  const asking = mode.includes('health') ? askHealth(await addressOf(container), over.signal) : undefined
  const writing = Promise.all(
    WRITES_AT[mode].map(async (second) => {
      await sleep(second * 1_000 - (Date.now() - startedAt))
      sandbox.say(1001, bot.username, `at ${second} s`)
    }),
  )
  const counting = trafficOf(container)
  const samples: Sample[] = []
  for await (const output of probes(container.id, end)) {
    samples.push(await sampleOf(container.id, new Secret(bot.token), output))
  }
  over.abort()
  await Promise.all([writing, asking])
  return { library, mode, startedAt, samples, traffic: await counting }
}

const askHealth = async (address: string, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await fetch(`http://${address}:${HEALTH_PORT}/`).then(
      (answer) => answer.text(),
      () => undefined,
    )
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** What the gate's script prints, every few seconds, from one container that stays: 24 new ones each time would not. */
async function* probes(beside: string, end: number): AsyncGenerator<string> {
  const loop = 'while :; do perl -e "$0" host.docker.internal; sleep 3; done'
  const probe = await docker.createContainer({
    Image: PROBE_IMAGE,
    Cmd: ['sh', '-c', loop, PROBE_SCRIPT],
    Tty: true,
    Labels: labels(),
    HostConfig: {
      NetworkMode: `container:${beside}`,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
    },
  })
  const stream = await probe.attach({ stream: true, stdout: true, stderr: true })
  await probe.start()
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    const [whole, rest] = text.split(/^end\r?\n/m, 2)
    if (rest === undefined) continue
    yield `${whole}end\n`
    text = rest
    if (Date.now() >= end) break
  }
  await probe.remove({ force: true })
}

const sampleOf = async (id: string, token: Secret, output: string): Promise<Sample> => {
  const { engine, sandbox } = bench
  const network = readProbe(output, sandbox.apiPort)
  const [found, told] = await Promise.all([engine.docker.container(id), engine.telegram.webhookInfo(token)])
  return {
    at: Date.now(),
    ...stateOf(found),
    pending: told.pending,
    ...(told.url && { webhook: { lastErrorAt: told.lastErrorAt } }),
    ...(network && { network }),
  }
}

/** Counters of the second and third minute, when the bot is started and nobody writes. */
const trafficOf = async (container: Container): Promise<[Traffic, Traffic]> => {
  const read = async (): Promise<Traffic> => {
    const { networks = {}, cpu_stats } = await container.stats({ stream: false })
    return { sentBytes: networks.eth0?.tx_bytes ?? 0, cpuNs: cpu_stats.cpu_usage.total_usage }
  }
  await sleep(60_000)
  const before = await read()
  await sleep(120_000)
  return [before, await read()]
}

const verdictsOf = ({ startedAt, samples: seen }: Seen): { gate: Verdict; seconds: number; later?: string } => {
  // The gate does not look at the network before.
  const samples = seen.map(({ network, ...rest }) =>
    network && rest.at - startedAt >= SETTLED_MS ? { ...rest, network } : rest,
  )
  const until = samples.findIndex((_, index) => judge(startedAt, samples.slice(0, index + 1), GATE).kind !== 'wait')
  const gate = judge(startedAt, samples.slice(0, until + 1), GATE)
  const seconds = Math.round(((samples[until]?.at ?? 0) - startedAt) / 1000)
  if (gate.kind !== 'pass' || gate.proof === 'live') return { gate, seconds }
  const later = watched(startedAt, samples.slice(until + 1))
  return { gate, seconds, ...(later && { later }) }
}

/** What watch/unproven.ts would have done. */
const watched = (startedAt: number, samples: Sample[]): string | undefined => {
  for (const [index, { at }] of samples.entries()) {
    const until = samples.slice(0, index + 1)
    const seconds = Math.round((at - startedAt) / 1000)
    if (firstSign(startedAt, until)) return `live at ${seconds} s`
    if (deafness(startedAt, until)) return `deaf at ${seconds} s`
  }
  return undefined
}

const table = (rows: Seen[]): string =>
  [
    '| library | bot | looks with open request | longest | waiting | bytes sent/min | CPU | gate | afterwards |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(rowOf),
    '',
  ].join('\n')

const rowOf = (one: Seen): string => {
  const { library, mode, samples, traffic } = one
  const open = samples.filter(({ network }) => (network?.open.length ?? 0) > 0)
  const longest = Math.max(0, ...open.flatMap(({ network }) => network?.open.map(({ ms }) => ms) ?? []))
  const waiting = Math.max(...samples.map(({ pending = 0 }) => pending))
  const [before, after] = traffic
  const bytes = Math.round((after.sentBytes - before.sentBytes) / 2)
  const cpu = ((after.cpuNs - before.cpuNs) / 120e9) * 100
  const { gate, seconds, later } = verdictsOf(one)
  const verdict = gate.kind === 'pass' ? gate.proof : gate.kind === 'fail' ? gate.code : 'none'
  const cells = [library, mode, `${open.length} of ${samples.length}`, `${(longest / 1000).toFixed(0)} s`, waiting]
  return `| ${[...cells, bytes, `${cpu.toFixed(2)} %`, `${verdict} at ${seconds} s`, later ?? ''].join(' | ')} |`
}
