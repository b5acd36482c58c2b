import type { Engine, LogLine } from '../ports.ts'
import { type Bot, botByName } from '../records/bot.ts'
import { activeRelease } from '../records/release.ts'
import { redactLines, type Secret } from '../secret.ts'
import { notDeployed } from './pointless.ts'
import { botSecrets, hiddenOf } from './secrets.ts'
import { readStoredLog, type StoredLog, storedLogs } from './stored-logs.ts'

export type LogRequest = { lines: number; sinceSeconds?: number; grep?: string }

/** Lines that one container printed. */
export type LogPart = {
  release: number
  /** It is the bot's now; else it is gone, and this was kept of it. */
  current: boolean
  lines: LogLine[]
}

/**
 * The last lines that a bot printed, redacted: those of its container, whether it runs or not, and before them, when
 * they are fewer than asked for, what was kept of containers that are gone. In order of time. Fails with `unknown_bot`
 * or `not_deployed`.
 */
export const botLogs = async (engine: Engine, name: string, request: LogRequest): Promise<LogPart[]> => {
  const bot = await botByName(engine.database.read, name)
  const release = await activeRelease(engine.database.read, bot.id)
  const container = release?.containerId ?? undefined
  const stored = await storedLogs(engine, bot)
  if (!container && stored.length === 0) throw notDeployed(bot)
  const search: Search = { ...request, hidden: hiddenOf(await botSecrets(engine, bot)), ...sinceOf(engine, request) }
  const current = container && release ? [await currentPart(engine, { release, container }, search)] : []
  const parts = [...current, ...(await storedParts(engine, bot, { stored, search, found: countOf(current) }))]
  return inOrder(parts, request.lines)
}

/** What is looked for, and in what not to show. */
export type Search = LogRequest & { sinceMs?: number; hidden: readonly Secret[] }

/** With a filter, more is read than is shown. */
export const readLines = async ({ docker }: Engine, container: string, search: Search): Promise<LogLine[]> => {
  const { lines, grep, sinceMs } = search
  const tail = grep === undefined ? lines : GREP_LINES
  const since = sinceMs === undefined ? {} : { sinceMs }
  return docker.logLines(container, { tail, ...since })
}

/** Redacted, and those only that are looked for. */
export const matching = (lines: readonly LogLine[], { hidden, grep = '', sinceMs = 0 }: Search): LogLine[] =>
  redactLines(lines, hidden).filter(({ at, text }) => at > sinceMs && text !== '' && text.includes(grep))

export const sinceOf = ({ clock }: Engine, { sinceSeconds }: LogRequest): { sinceMs?: number } =>
  sinceSeconds === undefined ? {} : { sinceMs: clock.now() - sinceSeconds * 1000 }

const GREP_LINES = 10_000

type Current = { release: { number: number }; container: string }

const currentPart = async (engine: Engine, { release, container }: Current, search: Search): Promise<LogPart> => ({
  release: release.number,
  current: true,
  lines: matching(await readLines(engine, container, search), search).slice(-search.lines),
})

type Further = { stored: StoredLog[]; search: Search; found: number }

/** From the newest back, as far as it takes. */
const storedParts = async (engine: Engine, bot: Bot, { stored, search, found }: Further): Promise<LogPart[]> => {
  const [log, ...older] = stored
  if (!log || found >= search.lines || log.at < (search.sinceMs ?? 0)) return []
  const lines = matching(await readStoredLog(engine, bot, log), search).slice(-search.lines)
  const part = { release: log.release, current: false, lines }
  return [part, ...(await storedParts(engine, bot, { stored: older, search, found: found + lines.length }))]
}

const countOf = (parts: readonly LogPart[]): number => parts.reduce((sum, { lines }) => sum + lines.length, 0)

/** A version that failed printed in between what the one before and after it did. */
const inOrder = (parts: readonly LogPart[], count: number): LogPart[] => {
  if (parts.length === 1) return parts.filter(({ lines }) => lines.length > 0)
  const all = parts.flatMap((part) => part.lines.map((line) => ({ part, line })))
  const ordered: { part: LogPart; whole: LogPart }[] = []
  for (const { part, line } of all.sort((a, b) => a.line.at - b.line.at).slice(-count)) {
    const last = ordered.at(-1)
    if (last?.part === part) last.whole.lines.push(line)
    else ordered.push({ part, whole: { ...part, lines: [line] } })
  }
  return ordered.map(({ whole }) => whole)
}
