import { bubble, eventRow } from './bubble.js'
import { dayText, el, icon } from './elements.js'

const AT_END_PIXELS = 60
const SAME_GROUP_SECONDS = 300

/**
 * The messages of one chat, oldest first. It follows new ones only while its end is in sight; else a button says how
 * many are below. `context` is what a bubble needs.
 */
export const messagePane = (context) => {
  const list = el('ol', { class: 'messages', role: 'log', 'aria-live': 'polite', 'aria-label': 'Messages' })
  const count = el('span', { class: 'unread' })
  const jump = el(
    'button',
    { type: 'button', class: 'jump', 'aria-label': 'To the last message', hidden: true, onclick: () => toEnd() },
    icon('down'),
    count,
  )
  const scroller = el('div', { class: 'scroller', tabindex: '-1', onscroll: () => showJump() }, list)
  const element = el('div', { class: 'pane' }, scroller, jump)
  const pane = { element, messages: [], below: 0 }

  const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AT_END_PIXELS
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight
    showJump()
  }
  const showJump = () => {
    if (isAtEnd()) pane.below = 0
    jump.hidden = isAtEnd()
    count.hidden = pane.below === 0
    count.textContent = String(pane.below)
  }
  const rows = (messages, all) => {
    const around = { ...context, onShow: (id) => show(list, id), messages, all }
    return withDays(messages).map((row) => (row.day ? dayRow(row.day) : messageRow(row, around)))
  }

  /** Takes the chat's messages as they are now; only what differs is built again. */
  pane.update = (all, { mine = false } = {}) => {
    const follow = mine || isAtEnd()
    // Of a deleted message nothing stays, as in Telegram.
    const messages = all.filter(({ deleted }) => !deleted)
    const added = messages.length - pane.messages.length
    pane.messages = messages
    reconcile(list, rows(messages, all))
    if (follow) toEnd()
    else if (added > 0) pane.below += added
    showJump()
  }
  pane.toEnd = toEnd
  // A composer that grows, or a keyboard that opens, takes from the pane's height: its end stays in sight.
  let wasAtEnd = true
  scroller.addEventListener('scroll', () => {
    wasAtEnd = isAtEnd()
  })
  new ResizeObserver(() => wasAtEnd && toEnd()).observe(scroller)
  return pane
}

const withDays = (messages) =>
  messages.flatMap((message, place) => {
    const before = messages[place - 1]
    const day = dayText(message.date)
    return before && dayText(before.date) === day ? [{ message, place }] : [{ day }, { message, place }]
  })

const dayRow = (day) => {
  const row = el('li', { class: 'day' }, el('span', {}, day))
  row.version = `day ${day}`
  return row
}

const messageRow = ({ message, place }, context) => {
  const [before, after] = [context.messages[place - 1], context.messages[place + 1]]
  const repliedTo = context.all.find(({ message_id }) => message_id === message.reply_to)
  const first = !together(before, message)
  const last = !together(message, after)
  const version = JSON.stringify([message, first, last, repliedTo?.text, repliedTo?.deleted])
  const build = () => {
    if (message.service) return eventRow(message, context)
    const row = bubble(message, { ...context, repliedTo })
    row.classList.toggle('first', first)
    row.classList.toggle('last', last)
    return row
  }
  return { version, build, id: message.message_id }
}

const together = (one, other) =>
  one !== undefined &&
  other !== undefined &&
  !one.service &&
  !other.service &&
  one.sender_chat?.id === other.sender_chat?.id &&
  one.from.id === other.from.id &&
  other.date - one.date < SAME_GROUP_SECONDS &&
  dayText(one.date) === dayText(other.date)

// Rows whose version is unchanged keep their element: a selection, an unfolded quote or a focus in them survives.
const reconcile = (list, rows) => {
  const known = new Map([...list.children].map((row) => [row.version, row]))
  const wanted = rows.map((row) => {
    const kept = known.get(row.version)
    if (kept) return kept
    const fresh = row.build ? row.build() : row
    fresh.version = row.version
    return fresh
  })
  const keep = new Set(wanted)
  for (const row of [...list.children]) if (!keep.has(row)) row.remove()
  wanted.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null)
  })
}

const show = (list, id) => {
  const row = list.querySelector(`[data-message-id="${id}"]`)
  row?.scrollIntoView({ block: 'center', behavior: 'smooth' })
  row?.classList.add('shown-now')
  setTimeout(() => row?.classList.remove('shown-now'), 1_500)
}
