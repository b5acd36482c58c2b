import { messageOf } from '../error.ts'
import type { Container, Engine, LogLine } from '../ports.ts'
import type { Bot } from '../records/bot.ts'
import { redactLines } from '../secret.ts'
import { botSecrets, hiddenOf } from './secrets.ts'
import { storeLog } from './stored-logs.ts'

const LINES = 2_000
const LINE_CHARACTERS = 4_000
/** What is cut off must not leave half of a secret. */
const LONGEST_SECRET = 16 * 1024

/** Removes the container of one of a bot's versions. What it printed last is kept in a file, redacted. */
export const removeVersion = async (engine: Engine, bot: Bot, id: string): Promise<void> => {
  await keepLog(engine, bot, id).catch((error) => {
    // A full disk or a missing key: the removal matters more.
    const fields = { bot: bot.name, container: id, error: messageOf(error) }
    engine.log.warn(fields, 'what a container printed could not be kept')
  })
  await engine.docker.removeContainer(id)
}

const keepLog = async (engine: Engine, bot: Bot, id: string): Promise<void> => {
  const container = await engine.docker.container(id)
  const release = Number(container?.labels['tbs.release'])
  if (!container || !Number.isInteger(release)) return
  const lines = await redacted(engine, bot, await engine.docker.logLines(id, { tail: LINES }))
  if (lines.length > 0)
    await storeLog(engine, bot, { release, container: id.slice(0, 12), at: endOf(container) }, lines)
}

const redacted = async (engine: Engine, bot: Bot, lines: LogLine[]): Promise<LogLine[]> => {
  if (lines.length === 0) return []
  const hidden = hiddenOf(await botSecrets(engine, bot))
  const bounded = lines.map(({ at, text }) => ({ at, text: text.slice(0, LINE_CHARACTERS + LONGEST_SECRET) }))
  return redactLines(bounded, hidden).map(({ at, text }) => ({ at, text: text.slice(0, LINE_CHARACTERS) }))
}

// The same each time as soon as it does not run: should it be kept twice, after a kill, it is one file.
const endOf = ({ running, finishedAt, startedAt }: Container): number => (running ? startedAt : finishedAt)
