import type { Look } from './look.ts'
import type { Work } from './work.ts'

/** What is known of one life of a version, while Telegram answers us. */
export type Known = {
  /** Of earlier lives, too: they show its habits. */
  looks: readonly Look[]
  /** Of this life, each with a count of waiting updates. */
  counted: readonly Look[]
  from: number
  polled: boolean
}

/** Whether it shows anything that a deaf bot does not; `deaf` is one sentence of what was found. */
export type Silence = {
  sign?: Work | undefined
  tookAt?: number | undefined
  silentSince?: number
  deafAt?: number
  deaf?: string
}

/** What a bot sends in two minutes that only answers the network's own questions. */
const SILENT_BYTES = 400
const PER_MS = 2 * 60_000

type Measured = NonNullable<Look['usage']>

/** It sent next to nothing from one measuring to the other. */
export const isSilent = (from: Measured, to: Measured): boolean =>
  to.sentBytes - from.sentBytes < SILENT_BYTES * Math.max(1, (to.at - from.at) / PER_MS)

export const minutes = (ms: number): string => {
  const count = Math.floor(ms / 60_000)
  return `${count} ${count === 1 ? 'minute' : 'minutes'}`
}
