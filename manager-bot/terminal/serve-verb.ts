import { currentConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { serve } from '../serve.ts'
import { EXIT, report } from './report.ts'

// The demo and Docker wait a little longer than this before they kill.
const STOP_MS = 2900

/** Runs the manager until SIGINT or SIGTERM, and gives the exit code. */
export const serveUntilStopped = async (): Promise<number> => {
  const config = currentConfig()
  const log = createLog({ pretty: process.stdout.isTTY, level: 'info', write: (text) => process.stdout.write(text) })
  const stop = new AbortController()
  const onSignal = () => {
    stop.abort()
    setTimeout(() => {
      log.error({}, 'stopping took too long; recovery settles the rest at the next start')
      process.exit(EXIT.failed)
    }, STOP_MS).unref()
  }
  process.once('SIGINT', onSignal)
  process.once('SIGTERM', onSignal)
  await serve(config, { log, signal: stop.signal }).catch(async (error) => {
    process.exit(await report(error, { json: false }))
  })
  // Work that was cut off may still hold the process; its end belongs to recovery.
  process.exit(0)
}
