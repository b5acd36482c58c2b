import { type Block, isLine, printable, type RichText, type Span, textOf } from './rich-text.ts'

/** Of a message, in UTF-16 units after parsing (Bot API, sendMessage). */
const MESSAGE_LIMIT = 4096

/** Telegram's HTML. What is too long is cut before there are tags: logs lose their beginning, the rest its end. */
export const toHtml = (text: RichText, limit: number = MESSAGE_LIMIT): string =>
  shorten(text.map(clean), limit).map(blockHtml).join('\n')

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const blockHtml = (block: Block): string => {
  if (isLine(block)) return block.line.map(spanHtml).join('')
  if ('fold' in block) return folded(block.fold.map(blockHtml).join('\n'))
  return block.folded ? folded(escapeHtml(block.pre)) : `<pre>${escapeHtml(block.pre)}</pre>`
}

const folded = (html: string): string => `<blockquote expandable>${html}</blockquote>`

const spanHtml = (span: Span): string => {
  const text = escapeHtml(textOf(span))
  if (typeof span === 'string' || text === '') return text
  if ('bold' in span) return `<b>${text}</b>`
  // A command without arguments is a link that sends it; one with arguments would lose them, so a tap copies it.
  if ('command' in span && !span.command.includes(' ')) return text
  return `<code>${text}</code>`
}

const clean = (block: Block): Block => {
  if (isLine(block)) return { line: block.line.map(cleanSpan) }
  if ('fold' in block) return { fold: block.fold.map(({ line }) => ({ line: line.map(cleanSpan) })) }
  return { ...block, pre: printable(block.pre).replace(/^\n+|\s+$/g, '') }
}

const cleanSpan = (span: Span): Span => {
  if (typeof span === 'string') return printable(span)
  if ('bold' in span) return { bold: printable(span.bold) }
  return 'code' in span ? { code: printable(span.code) } : { command: printable(span.command) }
}

const shorten = (blocks: Block[], limit: number): Block[] => {
  const excess = lengthOf(blocks) - limit
  if (excess <= 0) return blocks
  const longest = longestPre(blocks)
  if (longest === -1) return cutEnd(withoutFolds(blocks), limit)
  const text = preOf(blocks[longest])
  const kept = keepEnd(text, text.length - excess)
  return shorten(
    kept === '' ? blocks.toSpliced(longest, 1) : blocks.with(longest, { ...blocks[longest], pre: kept }),
    limit,
  )
}

const lengthOf = (blocks: readonly Block[]): number =>
  blocks.reduce((sum, block) => sum + blockLength(block), blocks.length - 1)

const blockLength = (block: Block): number => {
  if (isLine(block)) return block.line.reduce((sum, span) => sum + textOf(span).length, 0)
  return 'fold' in block ? lengthOf(block.fold) : block.pre.length
}

const withoutFolds = (blocks: Block[]): Block[] => blocks.filter((block) => !('fold' in block))

const preOf = (block: Block | undefined): string => (block && 'pre' in block ? block.pre : '')

const longestPre = (blocks: Block[]): number => {
  let longest = -1
  for (const [index, block] of blocks.entries()) {
    if (preOf(block).length > preOf(blocks[longest]).length) longest = index
  }
  return longest
}

/** The last whole lines within `limit`; of a single line, its end. */
const keepEnd = (text: string, limit: number): string => {
  if (limit <= 2) return ''
  const tail = text.slice(-(limit - 2))
  const newline = tail.indexOf('\n')
  return `…\n${newline === -1 ? tail.replace(/^[\udc00-\udfff]/, '') : tail.slice(newline + 1)}`
}

const cutEnd = (blocks: Block[], limit: number): Block[] => {
  if (lengthOf(blocks) <= limit) return blocks
  const kept: Block[] = []
  let room = limit - 1
  for (const block of blocks) {
    if (room <= 0 || !isLine(block)) break
    const spans: Span[] = []
    for (const span of block.line) {
      spans.push(cutSpan(span, room))
      room -= textOf(span).length
      if (room <= 0) break
    }
    kept.push({ line: room <= 0 ? [...spans, '…'] : spans })
    room -= 1
  }
  return kept
}

const cutSpan = (span: Span, room: number): Span => {
  const text = textOf(span)
  if (text.length <= room) return span
  const cut = text.slice(0, room).replace(/[\ud800-\udbff]$/, '')
  if (typeof span === 'string') return cut
  return 'bold' in span ? { bold: cut } : { code: cut }
}
