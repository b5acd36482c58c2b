import { deepLink } from './deep-link.js'
import { el, icon, sizeText, timeText, tintOf } from './elements.js'
import { eventText } from './events.js'
import { formattedText, plainLine } from './formatted-text.js'

/**
 * One message as a list item. `context` has the chat, the acting person's id, the message replied to, and what to do
 * on a pressed button or a clicked command.
 */
export const bubble = (message, context) => {
  const mine = message.from.id === context.me
  const who = message.sender_chat?.title ?? (mine ? 'You' : message.from.name)
  const named = message.sender_chat !== undefined || (!mine && !context.isPrivate)
  return el(
    'li',
    {
      class: `message ${mine ? 'mine' : 'theirs'}`,
      'data-message-id': String(message.message_id),
      'data-from': mine ? 'me' : message.from.is_bot ? 'bot' : 'person',
    },
    el(
      'article',
      { 'aria-label': `${who}, ${timeText(message.date)}` },
      el(
        'div',
        { class: 'bubble' },
        named && el('div', { class: `author ink-${tintOf(who)}` }, who),
        ...content(message, context),
        stamp(message),
      ),
      message.reactions &&
        el(
          'div',
          { class: 'reactions' },
          message.reactions.map((emoji) => el('span', {}, emoji)),
        ),
      message.buttons.length > 0 && keyboard(message, context),
    ),
  )
}

/** What happened to the chat: a line of its own between the messages. */
export const eventRow = (message, context) =>
  el(
    'li',
    { class: 'event', 'data-message-id': String(message.message_id) },
    el('span', {}, eventText(message, context)),
  )

const content = (message, context) => [
  message.forward && el('div', { class: 'forwarded' }, icon('forward'), 'Forwarded'),
  context.repliedTo && quoted(context.repliedTo, context),
  message.document && documentLink(message.document),
  message.text && el('div', { class: 'text' }, formattedText(message, context)),
]

const stamp = ({ date, edit_date, pinned }) =>
  el(
    'span',
    { class: 'stamp' },
    pinned && el('span', { class: 'pinned', title: 'Pinned' }, icon('pin')),
    edit_date && el('span', { class: 'edited', title: `Edited at ${timeText(edit_date)}` }, 'edited'),
    el('time', { datetime: new Date(date * 1000).toISOString() }, timeText(date)),
  )

const quoted = (message, { me, onShow }) =>
  el(
    'button',
    { type: 'button', class: 'quoted', onclick: () => onShow(message.message_id) },
    el('strong', {}, message.from.id === me ? 'You' : message.from.name),
    el('span', {}, message.deleted ? 'Deleted message' : quotedLine(message)),
  )

const quotedLine = ({ text, document }) => plainLine(text) || document?.file_name || 'Message'

const documentLink = ({ file_id, file_name, size }) =>
  el(
    'a',
    { class: 'document', href: `/document/${file_id}`, download: file_name },
    el('span', { class: 'document-icon' }, icon('file')),
    el(
      'span',
      { class: 'document-about' },
      el('strong', {}, file_name),
      el('span', {}, `${sizeText(size)} · Download`),
    ),
  )

const keyboard = (message, context) =>
  el(
    'div',
    { class: 'keyboard' },
    message.buttons.map((row) =>
      el(
        'div',
        { class: 'keyboard-row' },
        row.map((button) => key(message, button, context)),
      ),
    ),
  )

const key = (message, { text, url, style }, { onPress, onStart, knowsChat }) => {
  const look = `key ${style ?? ''}`.trim()
  const start = url && deepLink(url)
  if (start && knowsChat(start.username)) {
    return el('button', { type: 'button', class: look, onclick: () => onStart(start) }, text)
  }
  if (url) {
    const target = /^(https?|tg):/i.test(url) ? url : undefined
    return el('a', { class: look, href: target, target: '_blank', rel: 'noopener noreferrer' }, text, icon('link'))
  }
  const pressed = async ({ currentTarget: button }) => {
    if (button.getAttribute('aria-busy')) return
    button.setAttribute('aria-busy', 'true')
    await onPress(message, text)
    button.removeAttribute('aria-busy')
  }
  return el('button', { type: 'button', class: look, onclick: pressed }, text)
}
