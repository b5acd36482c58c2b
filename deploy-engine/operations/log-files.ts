import { join } from 'node:path'
import type { Engine } from '../ports.ts'
import { botById } from '../records/bot.ts'
import { operationById } from '../records/operation.ts'

/** The whole build log of an operation; it was redacted when it was written. */
export const buildLog = async (engine: Engine, operationId: number): Promise<string | undefined> => {
  const { read } = engine.database
  const operation = await operationById(read, operationId)
  if (!operation) return undefined
  const bot = await botById(read, operation.botId)
  return engine.files.readText(buildLogPath(engine, bot.name, operationId))
}

export const buildLogPath = (engine: Engine, bot: string, operationId: number): string =>
  join(logsPath(engine, bot), `build-${operationId}.log`)

/** The directory of all that is kept of a bot's logs, and of its builds'. */
export const logsPath = ({ settings }: Engine, bot: string): string => join(settings.dataDir, 'logs', bot)
