import { type ErrorCode, TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import type { ReleasePlan } from '../records/release.ts'
import type { Secret } from '../secret.ts'
import { steadyClock } from '../steady-clock.ts'
import { type GateSettings, judge, type Verdict } from './evidence.ts'
import { type Sample, stateOf, takeSample } from './sample.ts'
import { SETTLED_MS } from './signs.ts'

export type GateCandidate = {
  bot: string
  username: string
  container: string
  token: Secret
  gate: ReleasePlan['gate']
}

const FAST_MS = 500
const SLOW_MS = 1_000
const FAST_FOR_MS = 5_000
const PROBE_EVERY_MS = 3_000
type Pass = Extract<Verdict, { kind: 'pass' }>
type Say = { say: (detail: string) => Promise<void>; signal: AbortSignal }
type Watched = GateCandidate & { startedAt: number; samples: Sample[] }

/**
 * Watches a container that was just started until it has proven itself or failed; its end is noticed as it happens.
 * Throws a TbsError with the gate's reason; `say` tells what is being waited for.
 */
export const passGate = async (world: Engine, candidate: GateCandidate, { say, signal }: Say): Promise<Pass> => {
  // A clock that is set meanwhile must not condemn a version, nor make it wait for hours.
  const engine = { ...world, clock: steadyClock(world.clock) }
  const over = new AbortController()
  const within = AbortSignal.any([signal, over.signal])
  const watched = { ...candidate, startedAt: engine.clock.now(), samples: [] }
  const proving = prove(engine, watched, { say, signal: within })
  const ending = failAtEnd(engine, watched, within)
  for (const loser of [proving, ending]) loser.catch(() => undefined)
  try {
    return await Promise.race([proving, ending])
  } finally {
    over.abort()
  }
}

const prove = async (engine: Engine, watched: Watched, { say, signal }: Say): Promise<Pass> => {
  const verdict = await watch(engine, watched, { say, signal })
  await runGateCommand(engine, watched, signal)
  return verdict
}

const watch = async (engine: Engine, watched: Watched, { say, signal }: Say): Promise<Pass> => {
  const { clock } = engine
  const { gate, startedAt, samples } = watched
  let said: string | undefined
  let probedAt = 0
  for (;;) {
    const settled = clock.now() - startedAt >= SETTLED_MS
    const withNetwork = settled && said === undefined && clock.now() - probedAt >= PROBE_EVERY_MS
    // Not earlier: a message that comes in with the start-up traffic is no sign.
    if (withNetwork && probedAt === 0)
      await say(`waiting for a sign that it takes its updates: write to @${watched.username}`)
    if (withNetwork) probedAt = clock.now()
    const sample = await takeSample(engine, { ...watched, withNetwork }, signal)
    // Its end is told by failAtEnd, which knows more.
    if (sample.running) samples.push(sample)
    const verdict = judge(startedAt, samples, settingsOf(gate))
    if (verdict.kind === 'fail') throw gateError(verdict)
    if (verdict.kind === 'pass') return verdict
    if (verdict.evidence !== said && verdict.evidence) {
      said = verdict.evidence
      await say(`${said}; watching it for ${gate.stableSeconds} s`)
    }
    await clock.sleep(clock.now() - startedAt < FAST_FOR_MS ? FAST_MS : SLOW_MS, signal)
  }
}

const settingsOf = ({ readySeconds, stableSeconds }: GateCandidate['gate']): GateSettings => ({
  readyMs: readySeconds * 1000,
  stableMs: stableSeconds * 1000,
})

/** Settles only when the container ends. */
const failAtEnd = async (engine: Engine, watched: Watched, signal: AbortSignal): Promise<never> => {
  try {
    await engine.docker.wait(watched.container, signal)
  } catch (error) {
    if (signal.aborted) return never()
    throw error
  }
  const state = stateOf(await engine.docker.container(watched.container))
  const { pending: _, ...before } = watched.samples.at(-1) ?? {}
  const verdict = judge(watched.startedAt, [{ ...before, at: engine.clock.now(), ...state }], settingsOf(watched.gate))
  // Somebody has started it again meanwhile.
  throw gateError(verdict.kind === 'fail' ? verdict : { code: 'restarted', reason: 'it was restarted' })
}

const never = () => new Promise<never>(() => undefined)

const gateError = ({ code, reason }: { code: ErrorCode; reason: string }) =>
  new TbsError(code, `The new version did not prove itself: ${reason}`, {
    ...(code === 'telegram_unreachable' && { hint: 'Deploy again when Telegram answers' }),
  })

const runGateCommand = async (engine: Engine, { container, gate }: GateCandidate, signal: AbortSignal) => {
  if (!gate.command) return
  const limit = AbortSignal.timeout(gate.readySeconds * 1000)
  const { exitCode, output } = await engine.docker
    .exec(container, gate.command, AbortSignal.any([signal, limit]))
    .catch((error) => {
      if (!limit.aborted) throw error
      throw new TbsError('gate_command', `The gate command did not end within ${gate.readySeconds} s`, {
        hint: 'It may take as long as gate.ready in tbs.yaml',
      })
    })
  if (exitCode === 0) return
  const last = output.trim().split('\n').at(-1) ?? ''
  throw new TbsError('gate_command', `The gate command exited with code ${exitCode}${last ? `: ${last}` : ''}`)
}
