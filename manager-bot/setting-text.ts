import { code, type Line, line, type Span } from './text/rich-text.ts'

/** "– LOG_LEVEL: info → debug". */
export const settingChange = (key: string, was: string | undefined, is: string | undefined): Line =>
  line('– ', code(key), ': ', shownValue(was), ' → ', shownValue(is))

export const shownValue = (value: string | undefined): Span => {
  if (value === undefined) return 'not set'
  return value === '' ? 'empty' : code(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value)
}

const LONGEST = 200
