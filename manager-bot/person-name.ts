import { z } from 'zod'
import type { Named } from './people.ts'

export const PERSON_FORM = 'a person is a numeric Telegram id, or the @name of somebody who is known'

/** How commands name a person. */
export const PersonName = z
  .string()
  .regex(/^(?:[1-9]\d{0,15}|@\w{1,64})$/, PERSON_FORM)
  .transform((text): Named => (text.startsWith('@') ? { name: text } : { id: Number(text) }))
