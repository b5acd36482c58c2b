import { join } from 'node:path'
import type { Engine, LogLine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { logsPath } from './log-files.ts'

/** What a container printed last, kept in a file when it was removed. */
export type StoredLog = {
  release: number
  /** The beginning of its id. */
  container: string
  /** When it ended, ms since the epoch. */
  at: number
}

/** Below what FilesPort.readText gives back. */
const MOST_BYTES = 512 * 1024
const KEPT_LOGS = 5

/** The newest first. */
export const storedLogs = async (engine: Engine, bot: Bot): Promise<StoredLog[]> =>
  (await engine.files.names(logsPath(engine, bot.name)))
    .flatMap((name) => logNamed(name) ?? [])
    .sort((a, b) => b.at - a.at)

export const readStoredLog = async (engine: Engine, bot: Bot, log: StoredLog): Promise<LogLine[]> => {
  const text = await engine.files.readText(pathOf(engine, bot, log))
  return (text ?? '').split('\n').flatMap((line) => {
    const [, stamp, printed] = /^(\S+Z) (.*)$/.exec(line) ?? []
    return stamp === undefined || printed === undefined ? [] : [{ at: Date.parse(stamp), text: printed }]
  })
}

/** Keeps the last lines that have room, and the last five logs of a bot. */
export const storeLog = async (engine: Engine, bot: Bot, log: StoredLog, lines: LogLine[]): Promise<void> => {
  const { files } = engine
  await files.writeText(pathOf(engine, bot, log), textOf(lines))
  const directory = logsPath(engine, bot.name)
  const kept = (await storedLogs(engine, bot)).slice(0, KEPT_LOGS).map(nameOf)
  // Also what is half written: a kill leaves that behind.
  const gone = (await files.names(directory)).filter((name) => name.startsWith(PREFIX) && !kept.includes(name))
  for (const name of gone) await files.remove(join(directory, name))
}

const textOf = (lines: readonly LogLine[]): string => {
  const texts = lines.map(({ at, text }) => `${new Date(at).toISOString()} ${text}\n`)
  let room = MOST_BYTES
  const first = texts.findLastIndex((text) => {
    room -= Buffer.byteLength(text)
    return room < 0
  })
  return texts.slice(first + 1).join('')
}

const PREFIX = 'bot-'

const nameOf = ({ at, release, container }: StoredLog): string => `${PREFIX}${at}-v${release}-${container}.log`

const logNamed = (name: string): StoredLog | undefined => {
  const [, at, release, container] = /^bot-(\d+)-v(\d+)-([0-9a-f]+)\.log$/.exec(name) ?? []
  return container === undefined ? undefined : { at: Number(at), release: Number(release), container }
}

const pathOf = (engine: Engine, bot: Bot, log: StoredLog): string => join(logsPath(engine, bot.name), nameOf(log))
