import { type Explained, engineErrors, engineTopics, TbsError, type Topic } from '../../deploy-engine/index.ts'
import { closest } from '../text/closest.ts'
import { bold, line, prose, type RichText } from '../text/rich-text.ts'
import { managerErrors, managerTopics } from './table.ts'

export const topics: readonly Topic[] = [...engineTopics, ...managerTopics]

/** What to do about an error: what it says of its own case, else what its code says of every case. */
export const hintOf = ({ code, hint }: { code: string; hint?: string | undefined }): string | undefined =>
  hint ?? entryOf(code)?.fix

/** For a person who has nothing but the code. Fails with `bad_argument`. */
export const explained = (words: string): { text: RichText; data: { code: string } & Explained } => {
  const code = words
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
  const entry = entryOf(code)
  if (!entry) throw unknownError(code)
  const { cause, fix } = entry
  return { text: [line(bold(code)), line(...prose(cause)), line(...prose(fix))], data: { code, cause, fix } }
}

const ALL: Readonly<Record<string, Explained>> = { ...engineErrors, ...managerErrors }

/** undefined: there is none of that name, or none any more. */
const entryOf = (code: string): Explained | undefined => (Object.hasOwn(ALL, code) ? ALL[code] : undefined)

const unknownError = (code: string): TbsError => {
  const guess = closest(code, Object.keys(ALL))
  return new TbsError('bad_argument', `There is no error ${code.slice(0, 60)}`, {
    hint: guess === undefined ? 'All of them are in docs/troubleshooting.md' : `Did you mean /explain ${guess}?`,
  })
}
