import { dataDirOf } from '../data-dir.ts'
import { isManagerRunning } from '../heartbeat.ts'
import { EXIT } from './report.ts'

/** Gives the exit code of whether a manager runs and is well. Loads no engine: Docker asks every half minute. */
export const healthcheck = async (): Promise<number> => {
  const dataDir = dataDirOf()
  if (await isManagerRunning(dataDir, Date.now())) return 0
  process.stderr.write(`tbs-manager: no manager has had a heartbeat in ${dataDir} for 10 s\n`)
  return EXIT.failed
}
