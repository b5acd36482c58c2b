import { type Entity, type FormattedText, inOrder } from './entities.ts'

/** The message is Telegram's own, without its "can't parse entities" prefix. */
export class HtmlError extends Error {}

type OpenTag = { tag: string; argument: string; offset: number }
type Scan = { source: string; at: number; text: string; open: OpenTag[]; entities: Entity[] }

const TAGS = new Map(
  Object.entries({
    b: 'bold',
    strong: 'bold',
    i: 'italic',
    em: 'italic',
    u: 'underline',
    ins: 'underline',
    s: 'strikethrough',
    strike: 'strikethrough',
    del: 'strikethrough',
    'tg-spoiler': 'spoiler',
    span: 'spoiler',
    'tg-emoji': 'custom_emoji',
    a: 'text_link',
    code: 'code',
    pre: 'pre',
    blockquote: 'blockquote',
  }),
)
const REFERENCES = new Map(Object.entries({ lt: '<', gt: '>', amp: '&', quot: '"' }))

/**
 * Telegram's HTML parse mode.
 * Tags, entities and error texts are those of parse_html in TDLib; byte offsets count UTF-8, as there.
 */
export const parseHtml = (source: string): FormattedText => {
  const scan: Scan = { source, at: 0, text: '', open: [], entities: [] }
  while (scan.at < source.length) {
    if (source[scan.at] !== '<') scan.text += takeCharacter(scan)
    else if (source[scan.at + 1] === '/') closeTag(scan)
    else openTag(scan)
  }
  const unclosed = scan.open.at(-1)
  if (unclosed) throw new HtmlError(`Can't find end tag corresponding to start tag "${unclosed.tag}"`)
  return { text: scan.text, entities: inOrder(scan.entities.map(withoutLanguageOfCode)) }
}

const openTag = (scan: Scan) => {
  const begin = scan.at
  const unclosed = `Unclosed start tag at byte offset ${bytesBefore(scan, begin)}`
  scan.at += 1
  const tag = takeWhile(scan, /[^\s>]/).toLowerCase()
  if (scan.at >= scan.source.length) throw new HtmlError(unclosed)
  if (!TAGS.has(tag)) {
    throw new HtmlError(`Unsupported start tag "${tag}" at byte offset ${bytesBefore(scan, begin)}`)
  }
  const argument = takeAttributes(scan, { tag, begin })
  if (scan.at >= scan.source.length) throw new HtmlError(unclosed)
  if (tag === 'span' && argument !== 'spoiler') {
    throw new HtmlError(`Tag "span" must have class "tg-spoiler" at byte offset ${bytesBefore(scan, begin)}`)
  }
  scan.at += 1
  scan.open.push({ tag, argument, offset: scan.text.length })
}

const closeTag = (scan: Scan) => {
  const begin = bytesBefore(scan, scan.at)
  const opened = scan.open.pop()
  if (!opened) throw new HtmlError(`Unexpected end tag at byte offset ${begin}`)
  scan.at += 2
  const name = takeWhile(scan, /[^\s>]/).toLowerCase()
  takeWhile(scan, /\s/)
  if (scan.source[scan.at] !== '>') throw new HtmlError(`Unclosed end tag at byte offset ${begin}`)
  if (name && name !== opened.tag) {
    throw new HtmlError(`Unmatched end tag at byte offset ${begin}, expected "</${opened.tag}>", found "</${name}>"`)
  }
  scan.at += 1
  if (scan.text.length > opened.offset) addEntity(scan, opened)
}

const addEntity = (scan: Scan, { tag, argument, offset }: OpenTag) => {
  const place = { offset, length: scan.text.length - offset }
  const last = scan.entities.at(-1)
  const same = last?.offset === place.offset && last.length === place.length ? last : undefined
  if (tag === 'a') {
    const url = linkUrl(argument || scan.text.slice(offset))
    if (url) scan.entities.push({ type: 'text_link', ...place, url })
  } else if (tag === 'pre' && same?.type === 'code' && same.language) same.type = 'pre'
  else if (tag === 'code' && same?.type === 'pre' && argument) same.language = argument
  else if (tag === 'code') scan.entities.push({ type: 'code', ...place, ...(argument ? { language: argument } : {}) })
  else if (tag === 'blockquote' && argument) scan.entities.push({ type: 'expandable_blockquote', ...place })
  else if (tag !== 'tg-emoji') scan.entities.push({ type: TAGS.get(tag) ?? tag, ...place })
  else if (!/^[1-9]\d*$/.test(argument)) throw new HtmlError('Invalid custom emoji identifier specified')
}

/** The one attribute that means something for the tag, or ''. Stops before the closing `>`. */
const takeAttributes = (scan: Scan, { tag, begin }: { tag: string; begin: number }): string => {
  let argument = ''
  for (;;) {
    takeWhile(scan, /\s/)
    const next = scan.source[scan.at]
    if (next === undefined || next === '>') return argument
    const name = takeWhile(scan, tag === 'blockquote' ? /[^\s=>]/ : /[^\s=]/)
    if (!name) {
      throw new HtmlError(`Empty attribute name in the tag "${tag}" at byte offset ${bytesBefore(scan, begin)}`)
    }
    takeWhile(scan, /\s/)
    if (scan.source[scan.at] === '=') argument = meaning(tag, name, takeValue(scan, { tag, begin })) || argument
    else if (tag === 'blockquote' && name === 'expandable') argument = 'expandable'
    else {
      const where = `in declaration of an attribute of the tag "${tag}" at byte offset ${bytesBefore(scan, begin)}`
      throw new HtmlError(`Expected equal sign ${where}`)
    }
  }
}

const takeValue = (scan: Scan, { tag, begin }: { tag: string; begin: number }): string => {
  scan.at += 1
  takeWhile(scan, /\s/)
  const quote = scan.source[scan.at]
  if (quote === undefined) {
    throw new HtmlError(`Unclosed start tag "${tag}" at byte offset ${bytesBefore(scan, begin)}`)
  }
  if (quote !== '"' && quote !== "'") return takeNameToken(scan)
  scan.at += 1
  let value = ''
  while (scan.at < scan.source.length && scan.source[scan.at] !== quote) value += takeCharacter(scan)
  scan.at += 1
  return value
}

const takeNameToken = (scan: Scan) => {
  const begin = scan.at
  const token = takeWhile(scan, /[A-Za-z0-9.-]/).toLowerCase()
  const next = scan.source[scan.at]
  if (next !== undefined && !/[\s>]/.test(next)) {
    throw new HtmlError(`Unexpected end of name token at byte offset ${bytesBefore(scan, begin)}`)
  }
  return token
}

const meaning = (tag: string, name: string, value: string) => {
  if (tag === 'a' && name === 'href') return value
  if (tag === 'code' && name === 'class' && value.startsWith('language-')) return value.slice('language-'.length)
  if (tag === 'span' && name === 'class' && value.startsWith('tg-')) return value.slice('tg-'.length)
  if (tag === 'tg-emoji' && name === 'emoji-id') return value
  if (tag === 'blockquote' && name === 'expandable') return 'expandable'
  return ''
}

// A bare & is itself: only the four named references and numeric ones mean another character.
const takeCharacter = (scan: Scan): string => {
  const rest = scan.source.slice(scan.at, scan.at + 12)
  const reference = /^&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));?/i.exec(rest)
  const [whole = '', hex, decimal, name] = reference ?? []
  const code = hex ? Number.parseInt(hex, 16) : Number.parseInt(decimal ?? '0', 10)
  const character = name ? REFERENCES.get(name) : code > 0 && code < 0x10ffff ? String.fromCodePoint(code) : undefined
  scan.at += character ? whole.length : 1
  return character ?? rest[0] ?? ''
}

const takeWhile = (scan: Scan, wanted: RegExp): string => {
  const begin = scan.at
  while (scan.at < scan.source.length && wanted.test(scan.source[scan.at] ?? '')) scan.at += 1
  return scan.source.slice(begin, scan.at)
}

// Like Telegram: a link it can't make sense of is left out silently, one without a path gets a slash.
const linkUrl = (written: string): string | undefined => {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`
  if (!URL.canParse(whole)) return undefined
  const { protocol, hostname, href } = new URL(whole)
  if (protocol === 'tg:' || protocol === 'ton:') return href
  return /^https?:$/.test(protocol) && hostname.includes('.') ? href : undefined
}

const withoutLanguageOfCode = (entity: Entity): Entity =>
  entity.type === 'code' ? { type: 'code', offset: entity.offset, length: entity.length } : entity

const bytesBefore = (scan: Scan, at: number) => Buffer.byteLength(scan.source.slice(0, at))
