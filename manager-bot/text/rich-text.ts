import { stripVTControlCharacters } from 'node:util'

/** What is said to people, before a door gives it a form: neither HTML nor terminal text. */
export type RichText = readonly Block[]

export type Block = { line: readonly Span[] } | Pre | { fold: readonly Line[] }

export type Line = { line: readonly Span[] }

type Pre = { pre: string; folded?: true }

/** `command` is something to type: the chat shows it with a slash, the terminal after the program's name. */
export type Span = string | { bold: string } | { code: string } | { command: string }

export const line = (...spans: Span[]): Line => ({ line: spans })
export const pre = (text: string): Block => ({ pre: text })
/** A log that the chat shows folded. */
export const foldedPre = (text: string): Block => ({ pre: text, folded: true })
/** Lines that the chat shows folded: there for whoever wants to know. */
export const fold = (lines: readonly Line[]): Block => ({ fold: lines })
export const bold = (text: string): Span => ({ bold: text })
export const code = (text: string): Span => ({ code: text })
export const command = (text: string): Span => ({ command: text })

export const isLine = (block: Block): block is Line => 'line' in block

const PATH = /(?<=^|[\s'"(])(\/[\w.-]+(?:\/[\w.-]*)+)/

/** Spans of a sentence in which paths are code: nobody is to take the first part of `/app/data` for a command. */
export const prose = (text: string): Span[] =>
  text.split(PATH).flatMap((part, index) => (part === '' ? [] : [index % 2 === 1 ? code(part) : part]))

/** The characters of a span without its style. */
export const textOf = (span: Span): string => {
  if (typeof span === 'string') return span
  if ('bold' in span) return span.bold
  return 'code' in span ? span.code : `/${span.command}`
}

const CONTROL = /(?![\n\t])\p{Cc}/gu
// Would let a log line show its neighbours in another order.
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g
const LONE_SURROGATE = /\p{Cs}/gu

/** Takes out what terminals interpret and Telegram refuses; a log is other people's text. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/\r\n?/g, '\n')
    .replace(CONTROL, '')
    .replace(BIDI, '')
    .replace(LONE_SURROGATE, '\ufffd')
