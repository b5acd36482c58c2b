import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { type Engine, TbsError } from '../../deploy-engine/index.ts'
import type { Audit, Wanted } from '../audit.ts'
import { openAudit } from '../chat/audit.ts'
import type { Config } from '../config.ts'
import { interruptible } from './interruptible.ts'
import { openHere } from './open-here.ts'

export type Here = {
  engine: Engine
  config: Config
  /** Ctrl-C aborts it. */
  signal: AbortSignal
  /** Which bot it turned out to be about, for the audit. */
  about(bot: string): void
}

/**
 * Carries out a verb that only a terminal has, between two entries of the audit as the others have them, or without any
 * where it only shows something; says why it failed, and gives the exit code.
 */
export const auditedVerb = (
  wanted: Wanted | undefined,
  options: { json?: boolean },
  work: (here: Here) => Promise<number>,
): Promise<number> =>
  interruptible(options, async (signal) => {
    const { engine, config, close } = await openHere()
    const here = { engine, config, signal }
    const audit = openAudit(engine, { door: 'terminal', by: terminalUser(), key: `terminal:${randomUUID()}` })
    const working = wanted ? withEntries(audit, wanted, here, work) : work({ ...here, about: () => {} })
    return working.finally(close)
  })

/** Who asks in a terminal, as `requestedBy` of operations. */
export const terminalUser = (): string => `terminal:${userInfo().username}`

const withEntries = async (
  audit: Audit,
  wanted: Wanted,
  here: Omit<Here, 'about'>,
  work: (here: Here) => Promise<number>,
): Promise<number> => {
  let bot = wanted.bot
  const about = (found: string) => {
    bot = found
  }
  const known = (): Wanted => ({ ...wanted, ...(bot !== undefined && { bot }) })
  await audit.begin(wanted)
  try {
    const code = await work({ ...here, about })
    await audit.end(known(), { result: 'done' })
    return code
  } catch (error) {
    // How far it came is not known.
    if (here.signal.aborted) throw error
    await audit.end(known(), error instanceof TbsError ? { result: 'refused', code: error.code } : { result: 'failed' })
    throw error
  }
}
