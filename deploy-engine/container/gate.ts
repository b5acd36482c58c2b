import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import type { ReleasePlan } from '../records/release.ts'
import type { Secret } from '../secret.ts'
import { judge, type Sample, SETTLED_MS, type Verdict } from './evidence.ts'
import { takeSample } from './sample.ts'

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
const COMMAND_MS = 60_000

/**
 * Watches a container that was just started until it has proven itself or failed. Throws a TbsError with the gate's
 * reason; `say` tells what is being waited for.
 */
export const passGate = async (
  engine: Engine,
  candidate: GateCandidate,
  { say, signal }: { say: (detail: string) => Promise<void>; signal: AbortSignal },
): Promise<Extract<Verdict, { kind: 'pass' }>> => {
  const { clock } = engine
  const startedAt = clock.now()
  const at = `@${candidate.username}`
  const settings = { readyMs: candidate.gate.readySeconds * 1000, stableMs: candidate.gate.stableSeconds * 1000 }
  const samples: Sample[] = []
  let said: string | undefined
  let probedAt = 0
  for (;;) {
    const settled = clock.now() - startedAt >= SETTLED_MS
    const withNetwork = settled && said === undefined && clock.now() - probedAt >= PROBE_EVERY_MS
    // Not earlier: a message that comes in with the start-up traffic is no sign.
    if (withNetwork && probedAt === 0) await say(`waiting for a sign that it takes its updates: write to ${at}`)
    if (withNetwork) probedAt = clock.now()
    samples.push(await takeSample(engine, { ...candidate, withNetwork }, signal))
    const verdict = judge(startedAt, samples, settings)
    if (verdict.kind === 'fail') throw gateError(verdict)
    if (verdict.kind === 'pass') {
      await runGateCommand(engine, candidate, signal)
      return verdict
    }
    if (verdict.evidence !== said && verdict.evidence) {
      said = verdict.evidence
      await say(`${said}; watching it for ${candidate.gate.stableSeconds} s`)
    }
    await clock.sleep(clock.now() - startedAt < FAST_FOR_MS ? FAST_MS : SLOW_MS, signal)
  }
}

const gateError = ({ code, reason }: { code: string; reason: string }) =>
  new TbsError(code, `The new version did not prove itself: ${reason}`)

const runGateCommand = async (engine: Engine, { container, gate }: GateCandidate, signal: AbortSignal) => {
  if (!gate.command) return
  const limit = AbortSignal.timeout(COMMAND_MS)
  const { exitCode, output } = await engine.docker
    .exec(container, gate.command, AbortSignal.any([signal, limit]))
    .catch((error) => {
      if (!limit.aborted) throw error
      throw new TbsError('gate_command', 'The gate command did not end within 60 s')
    })
  if (exitCode === 0) return
  const last = output.trim().split('\n').at(-1) ?? ''
  throw new TbsError('gate_command', `The gate command exited with code ${exitCode}${last ? `: ${last}` : ''}`)
}
