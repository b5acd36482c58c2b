import { randomUUID } from 'node:crypto'
import {
  type Check,
  closedDatabase,
  type Diagnosis,
  type Engine,
  type Examined,
  examine,
  hostChecks,
  type Mended,
  mend,
  openHost,
  ownChecks,
  reasonNotToOpen,
} from '../../deploy-engine/index.ts'
import { openAudit } from '../chat/audit.ts'
import { type Config, currentConfig, engineSettings } from '../config.ts'
import { doctorText, mendedText } from '../doctor/doctor-text.ts'
import { managerChecks } from '../doctor/manager-checks.ts'
import { toPlain } from '../text/plain.ts'
import type { RichText } from '../text/rich-text.ts'
import { askYes } from './ask-yes.ts'
import { terminalUser } from './audited-verb.ts'
import { interruptible } from './interruptible.ts'
import { openHere } from './open-here.ts'
import { EXIT, forTerminal } from './report.ts'

export type DoctorOptions = { fix?: true; yes?: true; json?: true }

/** Looks for what is wrong, also where nothing runs or the database can't be opened. 0: nothing is bad. */
export const doctorVerb = (options: DoctorOptions): Promise<number> =>
  interruptible(options, async (signal) => {
    const here = await openWhatCanBe(currentConfig(), signal)
    return lookAndMend(here, options).finally(here.close)
  })

type Here = {
  /** undefined: it can't be opened, or there is none. */
  engine: Engine | undefined
  checks: readonly Check[]
  limits: Parameters<typeof examine>[1]
  close(): Promise<void>
}

const openWhatCanBe = async (config: Config, signal: AbortSignal): Promise<Here> => {
  const host = openHost(engineSettings(config))
  const limits = { clock: host.clock, signal }
  const without = (why: Parameters<typeof closedDatabase>[0]): Here => ({
    engine: undefined,
    checks: [...hostChecks(host), closedDatabase(why), ...managerChecks(host, config)],
    limits,
    close: async () => {},
  })
  const reason = await reasonNotToOpen(host)
  if (reason) return without(reason)
  try {
    const { engine, close } = await openHere()
    return {
      engine,
      checks: [...hostChecks(engine), ...ownChecks(engine), ...managerChecks(engine, config, engine)],
      limits,
      close,
    }
  } catch (error) {
    if (error instanceof Error) return without(error)
    throw error
  }
}

const lookAndMend = async (here: Here, options: DoctorOptions): Promise<number> => {
  const found = await examine(here.checks, here.limits)
  const isAsked = options.fix && !options.json
  if (!options.json) say(doctorText(diagnosesOf(found)))
  const mended = options.fix ? await mendWanted(here, found, options) : []
  if (isAsked && mended.length > 0) say(mendedText(mended))
  const left = mended.length > 0 ? await examine(here.checks, here.limits) : found
  if (options.json) print({ findings: diagnosesOf(left), ...(options.fix && { mended }) })
  return left.some(({ diagnosis }) => diagnosis.state === 'bad') ? EXIT.failed : 0
}

const mendWanted = async (here: Here, found: readonly Examined[], options: DoctorOptions): Promise<Mended[]> => {
  const mended: Mended[] = []
  for (const one of found.filter(({ diagnosis }) => diagnosis.fixable)) {
    if (options.yes || (await isWanted(one.diagnosis, options))) mended.push(await writtenDown(here, one))
  }
  return mended
}

// Nobody can be asked through a pipe, and nothing is done that nobody wanted.
const isWanted = async ({ fix = '' }: Diagnosis, { json }: DoctorOptions): Promise<boolean> => {
  if (json || !process.stdin.isTTY) {
    process.stderr.write(`Not done, since nobody could be asked (--yes does it): ${fix}\n`)
    return false
  }
  return askYes(`${fix}?`)
}

// Before it acts and after it, as everything that changes something; where there is no database, nowhere.
const writtenDown = async ({ engine, limits }: Here, one: Examined): Promise<Mended> => {
  const audit = engine && openAudit(engine, { door: 'terminal', by: terminalUser(), key: `terminal:${randomUUID()}` })
  const { check, fix = '' } = one.diagnosis
  const wanted = { verb: 'doctor', words: { fix: check, what: fix } }
  await audit?.begin(wanted)
  const mended = await mend(one, limits)
  await audit?.end(wanted, { result: mended.isMended ? 'done' : 'failed' })
  return mended
}

const diagnosesOf = (found: readonly Examined[]): Diagnosis[] => found.map(({ diagnosis }) => diagnosis)

const say = (text: RichText): void => void process.stdout.write(`${forTerminal(toPlain(text))}\n`)

const print = (data: unknown): void => void process.stdout.write(`${JSON.stringify(data)}\n`)
