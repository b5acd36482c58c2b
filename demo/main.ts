import { messageOf, TbsError } from '../deploy-engine/index.ts'
import { createLog } from '../manager-bot/log.ts'
import { runDemo } from './run-demo.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())

try {
  const log = createLog({ pretty: true, level: 'info', write: (text) => process.stdout.write(text) })
  await runDemo({ fresh: process.argv.includes('--fresh'), log, signal: stop.signal })
} catch (error) {
  process.stderr.write(`${textOf(error)}\n`)
  process.exitCode = 1
}

function textOf(error: unknown): string {
  if (error instanceof TbsError) return error.hint ? `${error.message}\n${error.hint}` : error.message
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
}
