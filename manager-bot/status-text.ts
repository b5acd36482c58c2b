import type { BotLock, BotStatus, Release } from '../deploy-engine/index.ts'
import { incidentLine } from './incident-headline.ts'
import { duration } from './text/duration.ts'
import { type Calendar, moment } from './text/moment.ts'
import { type Block, bold, code, command, type Line, line, type RichText } from './text/rich-text.ts'

/** One line of /bots; in the chat with a mark in front, to be taken in at a glance. */
export const statusLine = (status: BotStatus, now: number, mark = ''): Line => {
  const { bot, release } = status
  const version = release ? ` · v${release.number}` : ''
  return line(
    mark === '' ? '' : `${mark} `,
    bold(bot.name),
    ` — ${stateText(status)}${version}${uptime(status, now)}${busy(status)}${bot.lock ? ' · locked' : ''}`,
  )
}

export const statusMark = ({ state }: Pick<BotStatus, 'state'>): string => MARKS[state]

const MARKS: Record<BotStatus['state'], string> = {
  live: '🟢',
  unproven: '🟡',
  restarting: '🟠',
  paused: '🟠',
  exited: '🔴',
  missing: '🔴',
  stopped: '⚪',
  'not deployed': '⚪',
}

/** `calendar`: of today. */
export const statusText = (status: BotStatus, calendar: Calendar): RichText => {
  const { bot, release, operations, keptData } = status
  return [
    line(bold(bot.name), ` — ${stateText(status)}${uptime(status, calendar.day)}`),
    ...incidentLines(status, calendar),
    ...(bot.lock ? [lockLine(bot.lock, calendar)] : []),
    line(`Telegram: @${bot.username}`),
    line('Repository: ', code(bot.repo), bot.branch === null ? ', its default branch' : `, branch ${bot.branch}`),
    release ? releaseLine(release) : line('Deploy it: ', command(`deploy ${bot.name}`)),
    ...restarts(status),
    ...(status.state === 'stopped' ? [line('Start it: ', command(`run ${bot.name}`))] : []),
    ...operations.map(({ id, kind, state }) => line(`Operation #${id}: ${kind}, ${state}`)),
    ...keptData.map((kept) =>
      line(
        `v${kept.release} wrote data outside volumes, its container `,
        code(kept.containerId.slice(0, 12)),
        ' is kept: ',
        code(kept.paths.join(', ')),
      ),
    ),
  ]
}

/** What is wrong with it, below its line. */
export const incidentLines = ({ bot, incidents }: BotStatus, calendar: Calendar): Block[] =>
  incidents.map((incident) => incidentLine({ bot, incident }, calendar))

export const statusData = ({ bot, state, release, container, operations, keptData, incidents }: BotStatus) => ({
  name: bot.name,
  username: bot.username,
  repo: bot.repo,
  branch: bot.branch,
  state,
  release: release?.number ?? null,
  sha: release?.sha ?? null,
  startedAt: container?.running ? new Date(container.startedAt).toISOString() : null,
  operations: operations.map((operation) => ({ id: operation.id, kind: operation.kind, state: operation.state })),
  keptData,
  lock: bot.lock && { ...bot.lock, at: new Date(bot.lock.at).toISOString() },
  incidents: incidents.map(({ id, kind, firstAt }) => ({ id, kind, firstAt: new Date(firstAt).toISOString() })),
})

export const shortSha = (sha: string): string => sha.slice(0, 7)

export const stateText = ({ state, container }: BotStatus): string => {
  if (state === 'unproven') return 'running, unproven'
  if (state === 'paused') return 'frozen'
  if (state === 'missing') return 'its container is gone'
  if (state === 'restarting') return `restarting, last exit code ${container?.exitCode ?? 'unknown'}`
  if (state === 'stopped') return 'stopped on request'
  if (state === 'exited') {
    return `ended, exit code ${container?.exitCode ?? 'unknown'}${container?.outOfMemory ? ' (out of memory)' : ''}`
  }
  return state
}

const uptime = ({ container }: BotStatus, now: number): string =>
  container?.running && container.startedAt > 0 ? ` · up ${duration(now - container.startedAt)}` : ''

const busy = ({ operations }: BotStatus): string =>
  operations.map(({ id, kind, state }) => ` · ${kind} #${id} ${state}`).join('')

const releaseLine = ({ number, sha, subject, ref }: Release): Block =>
  line(`Release: v${number}, `, code(shortSha(sha)), ` “${subject}”${ref === DEFAULT_BRANCH ? '' : ` (${ref})`}`)

// What git calls the branch that a server gives to whoever names none.
const DEFAULT_BRANCH = 'HEAD'

const lockLine = ({ name, at, reason }: BotLock, calendar: Calendar): Block =>
  line(bold('Locked'), ` by ${name} since ${moment(at, calendar)}: ${reason}`)

const restarts = ({ container }: BotStatus): Block[] =>
  container && container.restarts > 0 ? [line(`Restarted ${container.restarts} times by Docker`)] : []
