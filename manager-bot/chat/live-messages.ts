import { type Engine, messageOf, TbsError } from '../../deploy-engine/index.ts'
import type { Live } from '../command.ts'
import { duration } from '../text/duration.ts'
import type { Job } from './lane.ts'
import type { Lanes } from './lanes.ts'
import { bringUp, LINES, type LiveItem } from './live-item.ts'
import type { Incoming } from './message.ts'
import type { Speaking } from './speaking.ts'

/** Messages that show the newest lines of something for two minutes; one at a time in a chat. */
export type LiveMessages = {
  begin(said: Pick<Incoming, 'place' | 'personId' | 'replaces'>, live: Live): void
  /** false: there is no such message, or it has ended. */
  end(at: { chatId: number; messageId: number }): boolean
  /** Resolves when nothing is followed any more; what still says so then is put right by the next process. */
  idle(): Promise<void>
}

const LIVE_MS = 120_000

export type LiveParts = { engine: Engine; speaking: Speaking; lanes: Lanes }

type State = LiveParts & { items: Set<LiveItem>; going: Set<Promise<void>> }

export const openLiveMessages = (parts: LiveParts): LiveMessages => {
  const state: State = { ...parts, items: new Set(), going: new Set() }
  parts.lanes.feed({
    next: async (chatId) => nextOf(state, chatId),
    moved: (from, to) => {
      for (const item of itemsIn(state, from)) {
        item.place = { chatId: to, threadId: null, replyTo: null }
        item.messageId = null
      }
    },
  })
  return {
    begin: (said, live) => begin(state, said, live),
    end: ({ chatId, messageId }) => {
      const item = itemsIn(state, chatId).find((one) => one.messageId === messageId && one.end === undefined)
      item?.stop.abort()
      return item !== undefined
    },
    idle: async () => {
      await Promise.all(state.going)
    },
  }
}

const itemsIn = ({ items }: State, chatId: number): LiveItem[] =>
  [...items].filter(({ place }) => place.chatId === chatId)

const begin = (state: State, { place, personId, replaces }: Parameters<LiveMessages['begin']>[0], live: Live): void => {
  for (const { stop } of itemsIn(state, place.chatId)) stop.abort()
  const item: LiveItem = {
    live,
    place,
    personId,
    messageId: replaces ?? null,
    lines: [],
    stop: new AbortController(),
    behind: false,
    failures: 0,
  }
  state.items.add(item)
  refresh(state, item)
  const going = follow(state, item).finally(() => state.going.delete(going))
  state.going.add(going)
}

const refresh = ({ lanes }: State, item: LiveItem): void => {
  if (item.behind) return
  item.behind = true
  lanes.wake(item.place.chatId)
}

const follow = async (state: State, item: LiveItem): Promise<void> => {
  const { engine, speaking } = state
  const { live, stop } = item
  const began = engine.clock.now()
  engine.clock.sleep(LIVE_MS, stop.signal).then(
    () => stop.abort(),
    () => {},
  )
  const onLines = (lines: readonly string[]) => {
    item.lines = [...item.lines, ...lines].slice(-LINES)
    refresh(state, item)
  }
  const how = await live.follow(onLines, AbortSignal.any([stop.signal, speaking.signal])).catch((error) => {
    if (!(error instanceof TbsError)) speaking.log.error({ err: error }, 'following a log failed by a bug')
    return { failed: error instanceof TbsError ? messageOf(error) : 'internal error' }
  })
  stop.abort()
  item.end = endText(how, engine.clock.now() - began)
  refresh(state, item)
}

const endText = (how: 'removed' | 'aborted' | { failed: string }, ms: number): string => {
  const time = `followed for ${duration(Math.round(ms / 1000) * 1000)}`
  if (how === 'aborted') return time
  return how === 'removed' ? `${time}, until it was removed` : `${time}: ${how.failed}`
}

const nextOf = (state: State, chatId: number): Job | undefined => {
  const behind = itemsIn(state, chatId).filter((item) => item.behind)
  // The first frame and the last are what somebody waits for.
  const item = behind.find(({ shown, end }) => shown === undefined || end !== undefined) ?? behind[0]
  if (!item) return undefined
  const priority = item.shown === undefined || item.end !== undefined ? 'result' : 'progress'
  return {
    priority,
    deliver: async () => {
      const { delivery, done } = await bringUp(state, item)
      if (done) state.items.delete(item)
      return delivery
    },
  }
}
