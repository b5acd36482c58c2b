import { type Command, GIVEN, type Input, type Offer, type Question, type Reply } from './command.ts'
import { bold, line, type RichText, command as typed } from './text/rich-text.ts'

/** How long a question waits for its answer. */
export const ANSWER_MS = 60_000

const WITHIN = `within ${ANSWER_MS / 1000} s`

/** A question with its two buttons. Nothing is done until “yes” is pressed. */
export const asked = ({ name }: Pick<Command, 'name'>, { text, yes, no, input }: Question): Reply => {
  const both = { command: name, input, fate: 'replaced' as const }
  const offers: Offer[] = [
    { ...both, label: yes, style: 'danger', reply: 'yes' },
    { ...both, label: no, reply: 'no' },
  ]
  return { text: [...text, line(`Confirm ${WITHIN}, or nothing is done.`)], offers: [offers], incomplete: true }
}

/** What takes the question's place when it is answered with “no”. */
export const declined = (label: string): RichText => [line(bold(label), ': nothing was done.')]

/** What takes its place when nobody answers. */
export const expired = ({ command, input }: { command: string; input: Input }): RichText => [
  line(`Nothing was done: not confirmed ${WITHIN}.`),
  line('Ask again: ', typed([command, ...wordsOf(input)].join(' '))),
]

const wordsOf = (input: Input): string[] =>
  Object.entries(input).map(([name, word]) => (word === GIVEN ? `--${name}` : word))
