import type { Liveness, Waiting } from '../deploy-engine/index.ts'
import { ageInSeconds } from './text/duration.ts'

/** "No updates wait · idle, was connected to the Bot API 12 s ago". `waiting`: asked of Telegram just now. */
export const updatesText = (waiting: Waiting, liveness: Liveness | undefined, now: number): string => {
  if ('problem' in waiting) return `Waiting updates: not known. ${waiting.problem}`
  const count = waiting.count === 1 ? '1 update waits' : `${waiting.count || 'No'} updates wait`
  const notes = liveness ? livenessNotes(liveness, now) : []
  return notes.length > 0 ? `${count} · ${notes.join(', ')}` : count
}

/** How it is in a word or two, and the last sign of that. */
export const livenessNotes = ({ state, sign }: Liveness, now: number): string[] => [
  WORDS[state],
  ...(sign ? [`${sign.what} ${ageInSeconds(now - sign.at)}`] : []),
]

/** undefined: neither good nor bad. */
export const isWell = ({ state }: Liveness): boolean | undefined => {
  if (state === 'working' || state === 'idle') return true
  return state === 'deaf' || state === 'refused' || state === 'elsewhere' ? false : undefined
}

const WORDS: Record<Liveness['state'], string> = {
  working: 'working',
  idle: 'idle',
  busy: 'busy with others',
  deaf: 'deaf: it runs and takes none',
  unproven: 'not seen yet to take any',
  refused: 'Telegram refuses its token',
  elsewhere: 'another program takes its updates',
  unknown: 'Telegram does not answer',
}
