/**
 * What building an image and running it does. In the memory as in the real program of the conformance suite it is read
 * from `behaviour.json` in the build's context; an empty one runs for ever and does nothing.
 */
export type Behaviour = {
  build?: 'fails'
  buildMs?: number
  /** Takes the updates of the token that it finds in its environment. */
  polls?: boolean
  /** How long after its first, second, … start it takes no more updates; a start without a number is a good one. */
  deafAfterMs?: number[]
  /** What it does with an update takes so long, and it takes no other one meanwhile. */
  handlesMs?: number
  /** Exit code, `exitsAfterMs` after its start. */
  exits?: number
  exitsAfterMs?: number
  usesMb?: number
  /** From SIGTERM to its end; `never`: SIGTERM does nothing. */
  stopsInMs?: number | 'never'
  prints?: string[]
  /** It prints that again and again. */
  printsEveryMs?: number
  /** Its image has a HEALTHCHECK, which says this. */
  health?: 'passes' | 'fails'
  /** It has a web server. */
  answers?: { status: number; body: string }
  /** A file that it leaves outside volumes. */
  writes?: string
}

export const BEHAVIOUR_FILE = 'behaviour.json'
