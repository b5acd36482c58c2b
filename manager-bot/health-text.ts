import type { BotGlance, CheckUp, HostNow } from '../deploy-engine/index.ts'
import type { ManagerState } from './command.ts'
import { coresText, incidentText, memoryText } from './detail-text.ts'
import { isWell, livenessNotes } from './liveness-text.ts'
import { stateText, statusLine, statusMark } from './status-text.ts'
import { age, ageInSeconds, duration } from './text/duration.ts'
import { type Block, bold, line, type RichText } from './text/rich-text.ts'
import { memorySize, size } from './text/size.ts'

/** A bot from all sides, a line for each, with its age. */
export const checkUpText = (found: CheckUp): RichText => {
  const { status, at, incidents } = found
  return [
    line(bold(status.bot.name), ` — ${stateText(status)}`),
    containerLine(found),
    ...pollingLines(found),
    ...waitingLine(found),
    ...livenessLine(found),
    ...usageLines(found),
    ...found.checks.map(({ ok, found: said, ...seen }) => item(ok, 'Health check', said, seen.at, at)),
    ...(incidents.length === 0 ? [item(true, 'Incidents', 'none', at, at)] : []),
    ...incidents.map((incident) => line(`✗ ${incidentText(incident, at)}`)),
  ]
}

/** One line of /health. */
export const glanceLine = ({ status, usage, check, liveness, incidents }: BotGlance, now: number): Block => {
  const { line: spans } = statusLine(status, now, statusMark(status))
  const notes = [
    ...(usage ? [memorySize(usage.memoryBytes) + (usage.memoryShort ? ', nearly all of its memory' : '')] : []),
    ...(liveness?.state === 'busy' ? [`busy, ${liveness.waiting ?? 'some'} wait`] : []),
    ...(liveness?.state === 'deaf' ? ['deaf'] : []),
    ...(check && !check.ok ? ['its health check fails'] : []),
    ...(incidents.length > 0 ? [incidents.length === 1 ? '1 incident' : `${incidents.length} incidents`] : []),
  ]
  return line(...spans, ...notes.map((note) => ` · ${note}`))
}

export const hostLines = ({ disk, memory, load, docker }: HostNow): Block[] => [
  line(bold('Server')),
  line(`Disk: ${size(disk.freeBytes)} of ${size(disk.totalBytes)} free`),
  line(`Memory: ${memorySize(memory.availableBytes)} of ${memorySize(memory.totalBytes)} available`),
  line(`Load: ${load.average.toFixed(1)} on ${load.cores === 1 ? '1 core' : `${load.cores} cores`}`),
  line('version' in docker ? `✓ Docker ${docker.version}` : `✗ ${docker.problem}`),
]

export const managerLines = ({ running, since, version, redis }: ManagerState, now: number): Block[] => {
  const up = since === undefined ? '' : `: up ${duration(now - since)}`
  return [
    line(redis === 'up' ? '✓ Redis' : `✗ Redis does not answer: ${redis}`),
    line(running ? `✓ Manager${version === undefined ? '' : ` ${version}`}${up}` : '✗ No manager is running'),
  ]
}

/** `ok` undefined: it is neither good nor bad. */
const item = (ok: boolean | undefined, label: string, text: string, seenAt: number, now: number): Block => {
  const mark = ok === undefined ? '·' : ok ? '✓' : '✗'
  return line(`${mark} `, bold(label), `: ${text} · ${ageText(now - seenAt)}`)
}

const NOW_MS = 10_000

const ageText = (ms: number): string => (ms < NOW_MS ? 'now' : ageInSeconds(ms))

const RUNS: readonly CheckUp['status']['state'][] = ['live', 'unproven']

const containerLine = ({ status, at }: CheckUp): Block => {
  const { state, container, release } = status
  const version = release ? `, v${release.number}` : ''
  if (!container) return item(state === 'missing' ? false : undefined, 'Container', stateText(status), at, at)
  const restarts = container.restarts > 0 ? `, ${container.restarts} restarts` : ''
  const last =
    container.finishedAt > 0 ? `, last exit code ${container.exitCode} ${age(at - container.finishedAt)}` : ''
  if (!RUNS.includes(state)) {
    const text = `${stateText(status)}${version}${restarts}${state === 'stopped' ? '' : last}`
    return item(state === 'stopped' ? undefined : false, 'Container', text, at, at)
  }
  const uptime = `up ${duration(at - container.startedAt)}`
  return item(true, 'Container', `${uptime}${version}${restarts}${last}`, at, at)
}

const pollingLines = ({ polling, proof, at }: CheckUp): Block[] => [
  ...(polling ? [item(polling.ok, 'Polling', polling.found, polling.at, at)] : []),
  ...(proof ? [item(undefined, 'Last proof', proof.evidence, proof.at, at)] : []),
]

const waitingLine = ({ waiting, status, at }: CheckUp): Block[] => {
  if ('problem' in waiting) return [item(false, 'Waiting updates', `not known. ${waiting.problem}`, at, at)]
  const runs = status.container?.running === true
  return [item(waiting.count === 0 && runs ? true : undefined, 'Waiting updates', String(waiting.count), at, at)]
}

const livenessLine = ({ liveness, at }: CheckUp): Block[] =>
  liveness ? [item(isWell(liveness), 'Taking updates', livenessNotes(liveness, at).join(', '), liveness.at, at)] : []

const usageLines = ({ usage, peak, at }: CheckUp): Block[] => {
  if (!usage) return []
  const memory = `${memoryText(usage)}${peak ? `, at most ${memorySize(peak.memoryBytes)}` : ''}`
  const share = usage.cores === undefined ? 'not known' : `${coresText(usage.cores)} of a core`
  const most = peak && peak.cores > 0 ? `, at most ${coresText(peak.cores)}` : ''
  return [
    item(!usage.memoryShort, 'Memory', memory, usage.at, at),
    item(undefined, 'Processor', `${share}${most}`, usage.at, at),
  ]
}
