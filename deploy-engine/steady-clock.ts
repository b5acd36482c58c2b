import type { Clock } from './ports.ts'

/** A clock that tells the time of this moment and from then on never jumps, whatever is done to the host's. */
export const steadyClock = (clock: Clock): Clock => {
  const begun = clock.now() - clock.elapsed()
  return { ...clock, now: () => begun + clock.elapsed() }
}

/** Asked again and again, tells how far the wall clock was set forward (back: below 0) since it was last asked. */
export const clockJumps = (clock: Clock): (() => number) => {
  let before = clock.now() - clock.elapsed()
  return () => {
    const offset = clock.now() - clock.elapsed()
    const jump = offset - before
    before = offset
    return jump
  }
}
