import type { Engine } from '../../../deploy-engine/index.ts'
import type { Offer, Offers } from '../../command.ts'
import { bold, line, type RichText } from '../../text/rich-text.ts'
import type { Opened } from './opened.ts'
import type { Choice } from './step.ts'
import { choice } from './step.ts'
import { stepOf } from './steps.ts'

/** The question that is being asked, with its buttons. */
export const questionOf = (engine: Engine, { standing, turn }: Opened): { text: RichText; offers: Offers } => {
  const { answers, at, note, trail } = standing
  const { title, text, choices } = stepOf(standing).ask({ answers, index: at.index, engine })
  const ways = [...(trail.length > 0 ? [choice('‹ Back', 'back')] : []), choice('Cancel', 'cancel')]
  const rows = [...choices, ways].filter((row) => row.length > 0)
  return {
    text: [
      line(bold(`${answers.name ?? 'New bot'} · ${title}`)),
      ...note,
      ...(note.length > 0 ? [line()] : []),
      ...text,
    ],
    offers: rows.map((row) => row.map((each) => offer(each, turn))),
  }
}

const offer = ({ label, choice: name, style }: Choice, turn: number): Offer => ({
  label,
  command: 'addbot',
  input: { turn: String(turn), choice: name },
  fate: 'replaced',
  ...(style && { style }),
})
