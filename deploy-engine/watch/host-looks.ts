import { inTime } from '../in-time.ts'
import type { Engine, FilesPort, HostPorts } from '../ports.ts'
import { clockJumps } from '../steady-clock.ts'
import { lookAtBackups } from './backup-finding.ts'
import { lookAtFiles } from './faulty-backups.ts'
import { clockFinding, type Disk, diskFinding, type Finding, loadFinding, memoryFinding } from './host-findings.ts'
import type { Rule } from './hysteresis.ts'

/** The fingerprint of its incident. */
export type HostCondition =
  | 'disk'
  | 'memory'
  | 'load'
  | 'docker'
  | 'clock'
  | 'redis'
  | 'telegram'
  | 'backup'
  | 'backup_file'

/** Something of the host that is looked at again and again. */
export type HostLook = { condition: HostCondition; look(signal: AbortSignal): Promise<Finding> }

const MINUTE_MS = 60_000

/** Looks come every 30 s: at two of them, so that no single one opens an incident. */
const LASTS = { opensAfterMs: 29_000 }
const OUTAGE: Rule = { ...LASTS, endsAfterMs: 29_000 }

export const RULES: Record<HostCondition, Rule> = {
  disk: { ...LASTS, endsAfterMs: MINUTE_MS },
  // These two waver by nature.
  memory: { ...LASTS, endsAfterMs: 10 * MINUTE_MS },
  load: { opensAfterMs: 10 * MINUTE_MS, endsAfterMs: 10 * MINUTE_MS },
  docker: OUTAGE,
  redis: OUTAGE,
  // Whoever tells of them has measured how long it lasts. A message that Telegram is away could come only afterwards.
  telegram: { opensAfterMs: 0, endsAfterMs: 0 },
  clock: { opensAfterMs: 0, endsAfterMs: 10 * MINUTE_MS },
  // A manager that was away begins with what it has missed.
  backup: { opensAfterMs: MINUTE_MS + 1, endsAfterMs: 0 },
  backup_file: { ...LASTS, endsAfterMs: 0 },
}

/** What the engine sees of its host by itself. */
export const ownLooks = (engine: Engine): HostLook[] => {
  const { files, clock } = engine
  const jumped = clockJumps(clock)
  return [
    { condition: 'disk', look: lookAtDisk(engine) },
    { condition: 'memory', look: () => lookAtMemory(engine) },
    { condition: 'load', look: async () => loadFinding(await files.load()) },
    { condition: 'docker', look: (signal) => dockerFinding(engine, signal) },
    { condition: 'clock', look: async () => clockFinding(jumped()) },
    { condition: 'backup', look: lookAtBackups(engine) },
    { condition: 'backup_file', look: () => lookAtFiles(engine) },
  ]
}

export const lookAtDisk = (host: HostPorts): HostLook['look'] => {
  const dockerDisk = diskOfDocker(host)
  return async (signal) => diskFinding([await ownDisk(host), ...(await dockerDisk(signal))])
}

export const lookAtMemory = async ({ files }: HostPorts): Promise<Finding> =>
  memoryFinding({ freeBytes: await files.availableMemory(), totalBytes: await files.totalMemory() })

const ownDisk = async ({ files, settings: { dataDir } }: HostPorts): Promise<Disk> => ({
  path: dataDir,
  ...(await files.freeDisk(dataDir)),
})

/** None while Docker does not tell, and where this process can't see it: in a container it is the disk of the data. */
const diskOfDocker = ({ docker, files, clock }: HostPorts): ((signal: AbortSignal) => Promise<Disk[]>) => {
  let known: string | undefined
  return async (signal) => {
    known ??= await inTime(clock, signal, docker.rootDirectory).catch(() => undefined)
    return known === undefined ? [] : diskOf(files, known)
  }
}

const diskOf = (files: FilesPort, path: string): Promise<Disk[]> =>
  files.freeDisk(path).then(
    (free) => [{ path, ...free }],
    () => [],
  )

const dockerFinding = ({ docker, clock }: Engine, signal: AbortSignal): Promise<Finding> =>
  inTime(clock, signal, docker.ping).then(
    () => ({ state: 'good', found: 'Docker answers again' }),
    () => ({
      state: 'bad',
      found: 'Docker does not answer',
      hint: 'Bots are neither watched nor deployed until it does. See on the server: systemctl status docker',
    }),
  )
