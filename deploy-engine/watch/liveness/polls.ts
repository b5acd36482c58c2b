import type { Look } from './look.ts'

/** Telegram lets no poll wait for longer. */
export const POLL_MS = 50_000
/** On a connection that polls something moves sooner. */
const MOVES_MS = 2 * POLL_MS

/** Something goes to or comes from the Bot API. */
export const isMoving = (look: Look): boolean => (look.network?.closed.length ?? 0) > 0 || standsMoving(look)

const standsMoving = ({ network }: Look): boolean => network?.api.some(({ quietMs }) => quietMs < MOVES_MS) ?? false

/** At the last look it had only closed connections to the Bot API, although one stands as a rule. */
export const hasHungUp = (looks: readonly Look[]): boolean => {
  const moving = looks.filter(isMoving)
  const standing = moving.filter(standsMoving).length
  const last = looks.at(-1)
  return last !== undefined && isMoving(last) && !standsMoving(last) && 2 * standing > moving.length
}

const MOVING_PROBES = 3
const MOSTLY = 0.8

/** Whenever it was looked at while none waited, something moved: it does not only ask from time to time. */
export const hasPolled = (looks: readonly Look[]): boolean =>
  [...new Set(looks.map(({ startedAt }) => startedAt))].some((life) => {
    const probed = looks.filter(({ startedAt, pending, network }) => startedAt === life && pending === 0 && network)
    const well = probed.slice(0, probed.findLastIndex(isMoving) + 1)
    const moving = well.filter(isMoving).length
    return moving >= MOVING_PROBES && moving >= MOSTLY * well.length
  })
