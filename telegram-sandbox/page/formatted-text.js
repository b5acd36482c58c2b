import { deepLink } from './deep-link.js'
import { el, icon } from './elements.js'

const INLINE = { bold: 'strong', italic: 'em', underline: 'u', strikethrough: 's', hashtag: 'span' }
const BLOCKS = ['pre', 'blockquote', 'expandable_blockquote']
const SAFE_LINK = /^(https?|tg|mailto):/i
// A quote is folded when it is longer than this many lines, or about as many characters as they hold.
const FOLDED_LINES = 3
const FOLDED_CHARACTERS = 150

/** The nodes of a formatted text. `onCommand` gets a bot command that is clicked, `onStart` a link to start a bot. */
export const formattedText = ({ text, entities }, context) => {
  const tree = nest(entities, { offset: 0, length: text.length })
  return render(text, tree, context)
}

/** The text in one line, for a preview. */
export const plainLine = (text) => text.replace(/\s+/g, ' ').trim()

// Entities come in order, outer before inner: each takes in those that begin before it ends.
const nest = (entities, { offset, length }) => {
  const root = { offset, length, children: [] }
  const open = [root]
  for (const entity of entities) {
    while (open.length > 1 && entity.offset >= end(open.at(-1))) open.pop()
    const parent = open.at(-1)
    const node = { ...entity, length: Math.min(entity.length, end(parent) - entity.offset), children: [] }
    if (node.length <= 0) continue
    parent.children.push(node)
    open.push(node)
  }
  return root
}

const end = ({ offset, length }) => offset + length

const render = (text, node, context) => {
  const nodes = []
  let at = node.offset
  let afterBlock = false
  for (const child of node.children) {
    const block = BLOCKS.includes(child.type)
    nodes.push(between(text.slice(at, child.offset), { afterBlock, beforeBlock: block }))
    nodes.push(entityElement(text, child, context))
    at = end(child)
    afterBlock = block
  }
  nodes.push(between(text.slice(at, end(node)), { afterBlock, beforeBlock: false }))
  return nodes.filter((part) => part !== '')
}

// A block has its own line already: the line break beside it would show as an empty one.
const between = (text, { afterBlock, beforeBlock }) => {
  const begun = afterBlock ? text.replace(/^\n/, '') : text
  return beforeBlock ? begun.replace(/\n$/, '') : begun
}

const entityElement = (text, entity, context) => {
  const written = text.slice(entity.offset, end(entity))
  const inner = () => render(text, entity, context)
  switch (entity.type) {
    case 'code':
      return el('code', { title: 'Click to copy', onclick: () => copy(written) }, inner())
    case 'pre':
      return codeBlock(written, entity.language, inner())
    case 'blockquote':
      return el('blockquote', {}, inner())
    case 'expandable_blockquote':
      return foldedQuote(written, inner())
    case 'spoiler':
      return spoiler(inner())
    case 'text_link':
      return link(entity.url, inner(), context)
    case 'url':
      return link(written, [written], context)
    case 'mention':
      return context.knowsChat(written.slice(1)) ? el('a', { href: `#/chat/${written.slice(1)}` }, written) : written
    case 'bot_command':
      return el('button', { type: 'button', class: 'command', onclick: () => context.onCommand(written) }, written)
    default:
      return el(INLINE[entity.type] ?? 'span', { class: entity.type === 'hashtag' && 'hashtag' }, inner())
  }
}

const codeBlock = (written, language, inner) =>
  el(
    'figure',
    { class: 'code-block' },
    language && el('figcaption', {}, language),
    el(
      'button',
      { type: 'button', class: 'copy', 'aria-label': 'Copy', title: 'Copy', onclick: () => copy(written) },
      icon('copy'),
    ),
    el('pre', { tabindex: '0' }, el('code', {}, inner)),
  )

const foldedQuote = (written, inner) => {
  const quote = el('blockquote', { class: 'expandable' }, el('div', { class: 'folding' }, inner))
  if (written.split('\n').length <= FOLDED_LINES && written.length < FOLDED_CHARACTERS) return quote
  const toggle = el('button', { type: 'button', class: 'fold', 'aria-expanded': 'false' }, 'Show more')
  quote.classList.add('folded')
  toggle.addEventListener('click', () => {
    const folded = quote.classList.toggle('folded')
    toggle.setAttribute('aria-expanded', String(!folded))
    toggle.textContent = folded ? 'Show more' : 'Show less'
  })
  quote.append(toggle)
  return quote
}

const spoiler = (inner) => {
  const hidden = el(
    'span',
    { class: 'spoiler', role: 'button', tabindex: '0', 'aria-label': 'Hidden text, show' },
    inner,
  )
  const show = () => {
    hidden.classList.add('shown')
    for (const name of ['role', 'tabindex', 'aria-label']) hidden.removeAttribute(name)
  }
  hidden.addEventListener('click', show)
  hidden.addEventListener('keydown', ({ key }) => key === 'Enter' && show())
  return hidden
}

const link = (url, inner, { knowsChat, onStart }) => {
  const start = deepLink(url)
  if (start && knowsChat(start.username)) {
    return el('button', { type: 'button', class: 'command', onclick: () => onStart(start) }, inner)
  }
  if (!SAFE_LINK.test(url)) return el('span', {}, inner)
  return el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, inner)
}

const copy = (text) => {
  // Without the clipboard permission there is still selecting by hand.
  navigator.clipboard?.writeText(text).then(
    () => document.dispatchEvent(new CustomEvent('toast', { detail: 'Copied' })),
    () => {},
  )
}
