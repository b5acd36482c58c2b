export type Entity = { type: string; offset: number; length: number; url?: string; language?: string }
export type FormattedText = { text: string; entities: Entity[] }

// What Telegram finds in plain text by itself. Offsets are UTF-16 code units, as in JavaScript strings.
const PATTERNS: [type: string, pattern: RegExp][] = [
  // A path is no command: neither may a slash stand before it, nor come right after.
  ['bot_command', /(?<![\p{L}\p{N}_/<>])\/\w{1,64}(?:@\w{3,32})?(?![\p{L}\p{N}_/<>])/gu],
  ['mention', /(?<![\w/@])@\w{3,32}(?!\w)/g],
  ['url', /(?<![\w/@])https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]']/g],
  ['hashtag', /(?<![\w/#&])#(?=\w*[^\W\d])\w{1,64}/g],
]
const OPAQUE = ['pre', 'code', 'text_link']

/** The text with commands, mentions, links and hashtags marked, except inside code and links. */
export const withFound = ({ text, entities }: FormattedText): FormattedText => {
  const taken = entities.filter(({ type }) => OPAQUE.includes(type))
  const found: Entity[] = []
  for (const [type, pattern] of PATTERNS) {
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length }
      if (![...taken, ...found].some((other) => overlaps(entity, other))) found.push(entity)
    }
  }
  return { text, entities: inOrder([...entities, ...found]) }
}

/** White space at both ends is dropped, as Telegram does, and the entities follow. */
export const trimmed = ({ text, entities }: FormattedText): FormattedText => {
  const kept = text.trim()
  const cut = text.length - text.trimStart().length
  const moved = entities.flatMap((entity) => {
    const start = Math.max(entity.offset - cut, 0)
    const end = Math.min(entity.offset + entity.length - cut, kept.length)
    return end > start ? [{ ...entity, offset: start, length: end - start }] : []
  })
  return { text: kept, entities: moved }
}

/** Outer entities before the ones inside them. */
export const inOrder = (entities: Entity[]): Entity[] =>
  entities.toSorted((one, other) => one.offset - other.offset || other.length - one.length)

const overlaps = (one: Entity, other: Entity) =>
  one.offset < other.offset + other.length && other.offset < one.offset + one.length
