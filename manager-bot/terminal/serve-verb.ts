import { currentConfig } from '../config.ts'
import { knownSecrets } from '../known-secrets.ts'
import { createLog } from '../log.ts'
import { serve } from '../serve.ts'
import { EXIT, report } from './report.ts'

// The demo and Docker wait a little longer than this before they kill.
const STOP_MS = 2900

/** Runs the manager until SIGINT or SIGTERM, and gives the exit code. */
export const serveUntilStopped = async (): Promise<number> => {
  const config = currentConfig()
  const secrets = knownSecrets(config)
  const write = (text: string) => process.stdout.write(text)
  const log = createLog({ pretty: process.stdout.isTTY, level: 'info', write, hidden: secrets.all })
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
  await serve(config, { log, onSecret: secrets.add, signal: stop.signal }).catch(async (error) => {
    process.exit(await report(error, { json: false }))
  })
  // Work that was cut off may still hold the process; its end belongs to recovery.
  process.exit(0)
}
