import type { BotDetail, BotUsage, Incident, Liveness } from '../deploy-engine/index.ts'
import { updatesText } from './liveness-text.ts'
import type { Somebody } from './people.ts'
import { requesterText } from './requester.ts'
import { age, duration } from './text/duration.ts'
import { type Block, line } from './text/rich-text.ts'
import { memorySize } from './text/size.ts'

/** What /status knows beside the state: what it takes, what waits, who deployed it, what is wrong. */
export const detailLines = (
  detail: BotDetail,
  { people, now }: { people: readonly Somebody[]; now: number },
): Block[] => [...usageLine(detail), ...updatesLine(detail, now), ...deployedLine(detail, people, now)]

export const detailData = ({ usage, peak, waiting, liveness, deployed, incidents }: BotDetail) => ({
  memoryBytes: usage?.memoryBytes ?? null,
  memoryLimitBytes: usage?.memoryLimitBytes ?? null,
  memoryShort: usage?.memoryShort ?? false,
  cores: usage?.cores ?? null,
  measuredAt: usage ? new Date(usage.at).toISOString() : null,
  peakMemoryBytes: peak?.memoryBytes ?? null,
  peakCores: peak?.cores ?? null,
  waiting: 'count' in waiting ? waiting.count : null,
  liveness: liveness ? livenessData(liveness) : null,
  deployed: deployed
    ? { operation: deployed.id, by: deployed.requestedBy, at: new Date(deployed.endedAt ?? 0).toISOString() }
    : null,
  openIncidents: incidents.map(incidentData),
})

export const livenessData = ({ state, at, sign, found }: Liveness) => ({
  state,
  at: new Date(at).toISOString(),
  sign: sign ? { what: sign.what, at: new Date(sign.at).toISOString() } : null,
  found: found ?? null,
})

export const incidentData = ({ id, kind, firstAt, count, detail }: Incident) => ({
  id,
  kind,
  since: new Date(firstAt).toISOString(),
  count,
  found: detail.found ?? null,
})

/** "84 of 512 MB", and whether that has been nearly all for a while. */
export const memoryText = ({ memoryBytes, memoryLimitBytes, memoryShort }: BotUsage): string =>
  `${memorySize(memoryBytes)} of ${memorySize(memoryLimitBytes)}${memoryShort ? ', nearly all of it for a while' : ''}`

/** A share of one core: "0.4 %", "120 %". */
export const coresText = (cores: number): string => {
  const percent = cores * 100
  return `${percent < 10 ? Number(percent.toFixed(1)) : Math.round(percent)} %`
}

export const incidentText = ({ kind, count, firstAt, detail }: Incident, now: number): string => {
  const times = count > 1 ? `, ${count} times` : ''
  const found = detail.found ? `. ${detail.found}` : ''
  return `Incident: ${kind.replaceAll('_', ' ')} for ${duration(now - firstAt)}${times}${found}`
}

const usageLine = ({ usage, peak }: BotDetail): Block[] => {
  if (!usage) return []
  const most = peak ? ` (at most ${memorySize(peak.memoryBytes)})` : ''
  const share = usage.cores === undefined ? '' : ` · processor ${coresText(usage.cores)}`
  const mostShare = usage.cores !== undefined && peak ? ` (at most ${coresText(peak.cores)})` : ''
  return [line(`Memory ${memoryText(usage)}${most}${share}${mostShare}`)]
}

const updatesLine = ({ status: { release }, waiting, liveness }: BotDetail, now: number): Block[] =>
  release ? [line(updatesText(waiting, liveness, now))] : []

const deployedLine = ({ deployed }: BotDetail, people: readonly Somebody[], now: number): Block[] => {
  if (!deployed) return []
  const when = age(now - (deployed.endedAt ?? deployed.createdAt))
  return [line(`Deployed ${when} by ${requesterText(deployed.requestedBy, people)} · #${deployed.id}`)]
}
