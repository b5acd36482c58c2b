import { type Block, isLine, printable, type RichText, type Span, textOf } from './rich-text.ts'

/** Terminal text. */
export const toPlain = (text: RichText): string => printable(text.map(blockText).join('\n'))

const blockText = (block: Block): string => {
  if (isLine(block)) return block.line.map(spanText).join('')
  return 'fold' in block ? block.fold.map(blockText).join('\n') : block.pre
}

const spanText = (span: Span): string =>
  typeof span === 'object' && 'command' in span ? `tbs-manager ${span.command}` : textOf(span)
