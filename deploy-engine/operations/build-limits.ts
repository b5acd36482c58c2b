import { TbsError } from '../error.ts'
import type { BuildLimits, Engine } from '../ports.ts'
import type { Run } from './journal.ts'

const MIB = 1024 * 1024
const LOOK_MS = 250

const LIMITS: BuildLimits = { ms: 20 * 60_000, memoryBytes: 1536 * MIB, cpus: 1.5, freeBytes: 256 * MIB }

export const limitsOf = ({ settings }: Engine): BuildLimits => ({ ...LIMITS, ...settings.build })

/**
 * Gives the work a signal that aborts when the operation's does, when the time is over (`build_timeout`), and, for a
 * build without caps, when it leaves the host too little memory (`no_memory`).
 */
export const withinLimits = async <T>(
  { engine, signal }: Run,
  { capped }: { capped: boolean },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const limits = limitsOf(engine)
  if (!capped) await refuseLowMemory(engine, limits)
  const exceeded = new AbortController()
  const done = new AbortController()
  const exceed = (reason: TbsError) => exceeded.abort(reason)
  engine.clock.sleep(limits.ms, done.signal).then(() => exceed(tooLong(limits)), ignoreEnd)
  if (!capped) lowMemory(engine, limits, done.signal).then(exceed, ignoreEnd)
  try {
    return await work(AbortSignal.any([signal, exceeded.signal]))
  } finally {
    done.abort()
  }
}

const refuseLowMemory = async ({ files }: Engine, { memoryBytes }: BuildLimits): Promise<void> => {
  const available = await files.availableMemory()
  if (available >= memoryBytes) return
  throw new TbsError(
    'no_memory',
    `A build with BuildKit needs ${mib(memoryBytes)} of memory, and ${mib(available)} are free`,
    {
      hint: 'Stop something and deploy again, or write the Dockerfile without what needs BuildKit',
    },
  )
}

/** Resolves when there is too little; there is no event to wait for. */
const lowMemory = async ({ files, clock }: Engine, { freeBytes }: BuildLimits, end: AbortSignal): Promise<TbsError> => {
  for (;;) {
    await clock.sleep(LOOK_MS, end)
    const available = await files.availableMemory()
    if (available < freeBytes) {
      return new TbsError('no_memory', `The build was ended: it left this host only ${mib(available)} of memory`, {
        hint: 'Let it do less at once, give the host more memory, or build without BuildKit, which has a memory limit',
      })
    }
  }
}

const tooLong = ({ ms }: BuildLimits): TbsError =>
  new TbsError('build_timeout', `The build took longer than ${duration(ms)} and was ended`, {
    hint: 'What takes so long is in the build log; packages compiled from source are the usual reason',
  })

// The build ended before its limit, or the memory can't be read, which is no reason to end a build.
const ignoreEnd = () => {}

const mib = (bytes: number): string => `${Math.floor(bytes / MIB)} MB`

const duration = (ms: number): string => (ms < 120_000 ? `${Math.round(ms / 1000)} seconds` : `${ms / 60_000} minutes`)
