import { messageOf } from '../error.ts'
import type { Liveness } from '../liveness.ts'
import { expectedError } from '../operations/expected-error.ts'
import { type BotStatus, botStatuses } from '../operations/status.ts'
import type { BotUsage, Engine, HealthSeen } from '../ports.ts'
import { type Incident, openIncidents } from '../records/incident.ts'
import { livenessOf } from './liveness/check-liveness.ts'
import { usageOf } from './resources.ts'

/** How the host is at this moment. */
export type HostNow = {
  at: number
  disk: { freeBytes: number; totalBytes: number }
  memory: { availableBytes: number; totalBytes: number }
  load: { average: number; cores: number }
  docker: { version: string } | { problem: string }
}

export const hostNow = async ({ files, docker, settings, clock }: Engine): Promise<HostNow> => {
  const [disk, availableBytes, totalBytes, load, daemon] = await Promise.all([
    files.freeDisk(settings.dataDir),
    files.availableMemory(),
    files.totalMemory(),
    files.load(),
    docker.version().then(
      (version) => ({ version }),
      (error) => ({ problem: expectedError(error)?.message ?? messageOf(error) }),
    ),
  ])
  return { at: clock.now(), disk, memory: { availableBytes, totalBytes }, load, docker: daemon }
}

/** A bot as it was seen last. */
export type BotGlance = {
  status: BotStatus
  usage?: BotUsage
  check?: HealthSeen
  liveness?: Liveness
  incidents: Incident[]
}

/** Every bot at a glance, without asking more than Docker. Fails with `docker_unreachable`. */
export const glances = async (engine: Engine): Promise<BotGlance[]> => {
  const statuses = await botStatuses(engine).catch((error) => {
    throw expectedError(error) ?? error
  })
  const incidents = await openIncidents(engine.database.read)
  return statuses.map((status) => {
    const { id } = status.bot
    const [usage, check, liveness] = [usageOf(engine, id), engine.running.health.get(id), livenessOf(engine, id)]
    const own = incidents.filter(({ botId }) => botId === id)
    const seen = { ...(usage && { usage }), ...(check && { check }), ...(liveness && { liveness }) }
    return { status, ...seen, incidents: own }
  })
}
