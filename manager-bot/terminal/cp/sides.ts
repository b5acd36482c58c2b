import { TbsError } from '../../../deploy-engine/index.ts'

/** What is copied where: a bot's path, and a local one; `-` is a tar on standard input or output. */
export type Sides = { direction: 'in' | 'out'; bot: string; path: string; local: string }

export const STREAM = '-'

/** Fails with `bad_argument`. */
export const sidesOf = (from: string, to: string): Sides => {
  const [source, target] = [BOT_PATH.exec(from), BOT_PATH.exec(to)]
  if (source && !target) return { direction: 'out', bot: source[1] ?? '', path: source[2] ?? '', local: to }
  if (target && !source) return { direction: 'in', bot: target[1] ?? '', path: target[2] ?? '', local: from }
  throw new TbsError('bad_argument', 'One of the two is a path of a bot, and the other is one here', {
    hint: 'As in: tbs-manager cp ./bot.db my-bot:/app/data/bot.db',
  })
}

// A name of one letter is no bot's: C:\\bot.db is a file.
const BOT_PATH = /^([a-z][a-z0-9-]+):(\/.*)$/

/** The same words for whoever has that bot: the local side is a stream there. */
export const asStreamed = (words: readonly string[]): { words: string[]; sides: Sides } => {
  const [, from = '', to = ''] = words.filter((word) => word === STREAM || !word.startsWith('-'))
  const sides = sidesOf(from, to)
  const place = sides.direction === 'in' ? words.indexOf(from, words.indexOf('cp') + 1) : words.lastIndexOf(to)
  return { words: words.with(place, STREAM), sides }
}
