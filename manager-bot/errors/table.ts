import type { Topic } from '../../deploy-engine/index.ts'
import { installing } from './installing.ts'
import { people } from './people.ts'
import { running } from './running.ts'
import { terminal } from './terminal.ts'
import { upgrading } from './upgrading.ts'

/** Codes that only the manager fails with; the others are the engine's. */
export const managerErrors = { ...people, ...terminal, ...installing, ...running, ...upgrading }

export const managerTopics: readonly Topic[] = [
  { title: 'Commands and people', errors: people },
  { title: 'The terminal', errors: terminal },
  { title: 'Installing', errors: installing },
  { title: 'The manager itself', errors: running },
  { title: 'Another version of the manager', errors: upgrading },
]

// The engine's errors may have them, too: it knows no chat, and so can't know their names.
declare module '../../deploy-engine/error.ts' {
  interface Codes extends Record<keyof typeof managerErrors, unknown> {}
}
