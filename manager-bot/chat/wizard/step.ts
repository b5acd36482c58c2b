import type { Engine } from '../../../deploy-engine/index.ts'
import type { Offer } from '../../command.ts'
import type { RichText } from '../../text/rich-text.ts'
import type { Answers, Spot } from './answers.ts'

/** One question of the wizard. */
export type Step = {
  ask(asked: Asked): Question
  /** A message that is to be taken out of the chat at once; absent: none is. */
  isSecret?(text: string, asked: Asked): boolean
  /** An answer in words. Fails with TbsError for what is to be answered again. */
  hear?(text: string, asked: Asked): Promise<Move> | Move
  /** An answer by a button. Fails like `hear`. */
  choose?(choice: string, asked: Asked): Promise<Move> | Move
  /** It takes a file, by its text. */
  takesFile?: true
}

export type Asked = { answers: Answers; index: number; engine: Engine }

/** `title` goes behind the bot's name; each inner list of choices is a row. */
export type Question = { title: string; text: RichText; choices: Choice[][] }

export type Choice = { label: string; choice: string; style?: NonNullable<Offer['style']> }

/** What an answer leads to; without `to`, the question that comes next. */
export type Move = { answers: Answers; to?: Spot; note?: RichText }

const LONGEST_LABEL = 40

export const choice = (label: string, name: string, style?: Choice['style']): Choice => ({
  label: label.length > LONGEST_LABEL ? `${label.slice(0, LONGEST_LABEL - 1)}…` : label,
  choice: name,
  ...(style && { style }),
})

/** `pick:3` is 3; undefined for anything else. */
export const picked = (name: string): number | undefined => {
  const [, number] = /^pick:(\d{1,4})$/.exec(name) ?? []
  return number === undefined ? undefined : Number(number)
}
