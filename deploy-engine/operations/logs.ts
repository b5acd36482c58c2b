import { join } from 'node:path'
import { TbsError } from '../error.ts'
import type { Engine } from '../ports.ts'
import { botById, botByName } from '../records/bot.ts'
import { operationById } from '../records/operation.ts'
import { activeRelease } from '../records/release.ts'
import { redact } from '../secret.ts'
import { botSecrets, hiddenOf } from './secrets.ts'

export type LogRequest = { lines: number; sinceSeconds?: number; grep?: string }

/** The last lines that the bot's container printed, redacted. Fails with `unknown_bot` or `not_deployed`. */
export const botLogs = async (engine: Engine, name: string, request: LogRequest): Promise<string> => {
  const { read } = engine.database
  const bot = await botByName(read, name)
  const containerId = (await activeRelease(read, bot.id))?.containerId
  if (!containerId) {
    throw new TbsError('not_deployed', `${name} has no running version yet`, { hint: `/deploy ${name}` })
  }
  const hidden = hiddenOf(await botSecrets(engine, bot))
  const now = Math.floor(engine.clock.now() / 1000)
  const since = request.sinceSeconds === undefined ? {} : { sinceSeconds: now - request.sinceSeconds }
  // With a filter, more is read than is shown.
  const tail = request.grep === undefined ? request.lines : GREP_LINES
  const output = redact(await engine.docker.logs(containerId, { tail, ...since }), hidden)
  const lines = output.split('\n').filter((line) => line !== '' && line.includes(request.grep ?? ''))
  return lines.slice(-request.lines).join('\n')
}

/** The whole build log of an operation; it was redacted when it was written. */
export const buildLog = async (engine: Engine, operationId: number): Promise<string | undefined> => {
  const { read } = engine.database
  const operation = await operationById(read, operationId)
  if (!operation) return undefined
  const bot = await botById(read, operation.botId)
  return engine.files.readText(buildLogPath(engine, bot.name, operationId))
}

export const buildLogPath = (engine: Engine, bot: string, operationId: number): string =>
  join(buildLogsPath(engine, bot), `build-${operationId}.log`)

/** The directory of all of a bot's build logs. */
export const buildLogsPath = ({ settings }: Engine, bot: string): string => join(settings.dataDir, 'logs', bot)

const GREP_LINES = 10_000
