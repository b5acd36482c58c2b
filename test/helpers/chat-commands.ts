import fc from 'fast-check'

/** One that can be told from all others by its number, and so can its answer. */
export type ChatCommand = {
  kind: Kind
  number: number
  person: number
  isInGroup: boolean
  text: string
  answer: RegExp
}

export type Kind = 'set' | 'grant' | 'invite' | 'deploy' | 'look'

/** Nothing is ever done to this bot, so that its settings can be changed at any time. */
export const SETTLED = 'settled'
export const BOTS = ['one', 'two', 'three'] as const

const WORDS: Record<Kind, (number: number) => Pick<ChatCommand, 'text' | 'answer'>> = {
  set: (number) => ({
    text: `/set ${SETTLED} branch=s${number}`,
    answer: new RegExp(`^${SETTLED}: branch was .+, is s${number}\\.`),
  }),
  grant: (number) => ({
    text: `/grant ${5000 + number} viewer`,
    answer: new RegExp(`^${5000 + number} is now viewer`),
  }),
  // The link that it makes is told from others by its code.
  invite: () => ({ text: '/grant invite viewer', answer: /^Whoever opens this first/ }),
  deploy: (number) => {
    const [bot, ref] = [BOTS[number % BOTS.length], `nowhere-${number}`]
    return { text: `/deploy ${bot} ${ref}`, answer: new RegExp(`^Deploy(ing| of) ${bot} at ${ref}\\b.* · #`) }
  },
  look: (number) => ({ text: `/status gone-${number}`, answer: new RegExp(`no bot named gone-${number}\n`) }),
}

/** A group takes about 20 messages a minute. */
const ONE_IN = 15

/** So many of each kind in a random order, from random people, some of them in a group. */
export const chatCommands = (
  counts: Record<Kind, number>,
  people: readonly number[],
): fc.Arbitrary<readonly ChatCommand[]> => {
  const kinds = (Object.keys(counts) as Kind[]).flatMap((kind) => Array<Kind>(counts[kind]).fill(kind))
  const length = { minLength: kinds.length, maxLength: kinds.length }
  const speakers = fc.array(fc.constantFrom(...people), length)
  return fc.tuple(fc.shuffledSubarray(kinds, length), speakers).map(([shuffled, speaking]) =>
    shuffled.map((kind, number) => {
      // A link is given in private only.
      const isInGroup = number % ONE_IN === 0 && kind !== 'invite'
      return { kind, number, person: speaking[number] ?? 0, isInGroup, ...WORDS[kind](number) }
    }),
  )
}
