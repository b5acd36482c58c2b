import { z } from 'zod'

const Version = z.object({ version: z.string(), image: z.string() })

/**
 * asked: nothing is done yet. retiring: the old manager is being stopped. trying: its database is copied, and the new
 * one is started and watched. keeping: the new one was seen working. returning: the old one is being put back.
 */
const Phase = z.enum(['asked', 'retiring', 'trying', 'keeping', 'returning'])

/** One replacement of the manager by another version of itself, as it is kept in a file. */
export const UpgradeSchema = z.object({
  id: z.string(),
  kind: z.enum(['upgrade', 'rollback']),
  from: Version,
  to: Version,
  /** The container that is replaced. */
  manager: z.object({ id: z.string(), name: z.string() }),
  phase: Phase,
  /** The copy that the new one begins with; absent: with the database as it is. */
  startFrom: z.string().optional(),
  /** The database was copied before the new one could touch it. */
  copied: z.boolean(),
  requestedBy: z.string(),
  /** Where its end is told; absent: to the owners. */
  place: z.object({ chatId: z.number(), threadId: z.number().nullable() }).optional(),
  askedAt: z.number(),
  stoppedAt: z.number().optional(),
  endedAt: z.number().optional(),
  /** For how long no manager was seen working. */
  gapMs: z.number().optional(),
  /** Why the new one was not kept, and what it printed last. */
  reason: z.string().optional(),
  logLines: z.array(z.string()).optional(),
  /** done: the new one is kept. undone: the old one is back. stuck: neither was seen working. */
  result: z.enum(['done', 'undone', 'stuck']).optional(),
})

export type Upgrade = z.infer<typeof UpgradeSchema>

/** The version that was kept last goes by this tag, for the way back. */
export const BEFORE = 'before'

export const managerImages = (instance: string): string => `${instance}/manager`
