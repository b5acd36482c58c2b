import { messageOf } from '../../error.ts'
import { inTime } from '../../in-time.ts'
import { expectedError } from '../../operations/expected-error.ts'
import type { Clock } from '../../ports.ts'

/** What was found at one look at one thing, in sentences for people. */
export type Seen = {
  state: 'ok' | 'warn' | 'bad'
  /** What it is about, where a check is about several things. */
  about?: string
  found: string
  consequence?: string
  /** What to do about it; where it can be mended here, what exactly that would do. */
  fix?: string
  /** Idempotent, and takes nothing away that anybody needs. */
  mend?(signal: AbortSignal): Promise<void>
}

/** Something that is looked at from one side. Whatever it fails with says that it could not be checked. */
export type Check = { name: string; look(signal: AbortSignal): Promise<Seen | readonly Seen[]> }

/** As data. */
export type Diagnosis = Omit<Seen, 'mend'> & { check: string; fixable: boolean }

/** With what mends it. */
export type Examined = { diagnosis: Diagnosis; check: Check; mend?: NonNullable<Seen['mend']> }

type Limits = { clock: Clock; signal: AbortSignal }

/** Makes all checks at once, each with a time limit of its own; what is bad comes first, then what is doubtful. */
export const examine = async (checks: readonly Check[], limits: Limits): Promise<Examined[]> => {
  const all = await Promise.all(checks.map((check) => look(check, limits)))
  return all.flat().sort((one, other) => rank(one) - rank(other))
}

export type Mended = {
  before: Diagnosis
  /** What the same check says afterwards. */
  after: Diagnosis[]
  isMended: boolean
  /** Why it could not be done. */
  problem?: string
}

/** Mends what was found, and looks at it again. */
export const mend = async ({ check, diagnosis: before, mend: act }: Examined, limits: Limits): Promise<Mended> => {
  const problem = await inTime(limits.clock, limits.signal, async (signal) => act?.(signal)).then(
    () => undefined,
    (error) => reasonOf(error),
  )
  const after = (await examine([check], limits)).map(({ diagnosis }) => diagnosis)
  const isLeft = after.some(({ state, about }) => state !== 'ok' && (about ?? before.about) === before.about)
  return { before, after, isMended: problem === undefined && !isLeft, ...(problem !== undefined && { problem }) }
}

const rank = ({ diagnosis }: Examined): number => ['bad', 'warn', 'ok'].indexOf(diagnosis.state)

const look = async (check: Check, { clock, signal }: Limits): Promise<Examined[]> => {
  const seen = await inTime(clock, signal, (own) => check.look(own)).catch(
    (error): Seen => ({ state: 'warn', found: `could not be checked: ${reasonOf(error)}` }),
  )
  return [seen].flat().map(({ mend: act, ...said }) => ({
    check,
    diagnosis: { check: check.name, ...said, fixable: act !== undefined },
    ...(act && { mend: act }),
  }))
}

const reasonOf = (error: unknown): string => expectedError(error)?.message ?? messageOf(error)
