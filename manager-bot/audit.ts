type Words = Readonly<Record<string, string>>

/** begun: it was about to be done, and what came of it is not known yet. nothing: there was nothing to do. */
export type AuditResult = 'begun' | 'done' | 'refused' | 'failed' | 'nothing'

/** Something that somebody wants to change. */
export type Wanted = { verb: string; bot?: string; words: Words }

export type AuditEnd = { result: AuditResult; code?: string; operation?: number }

/** Who did what, for one request: asked for again, it is not written down again. */
export type Audit = {
  begin(wanted: Wanted): Promise<void>
  end(wanted: Wanted, end: AuditEnd): Promise<void>
  /** What was written down, newest first. */
  entries(page: { bot?: string; before?: number; limit: number }): Promise<AuditEntry[]>
  /** All of it, oldest first, as it was written down: what was begun and its end are two. */
  export(bot?: string): AsyncIterable<AuditExport>
}

/** One thing that was wanted, with what came of it. */
export type AuditEntry = {
  id: number
  at: number
  door: 'chat' | 'terminal' | 'manager'
  /** As `requestedBy` of operations, and what that person was called then. */
  by: string
  name: string
  verb: string
  bot: string | null
  /** Without secrets. */
  words: Words
  result: AuditResult
  /** Of the refusal. */
  code: string | null
  operation: number | null
  /** Of the operation, as it is now, and why it failed. */
  state: string | null
  failure: string | null
}

export type AuditExport = Omit<AuditEntry, 'at'> & { at: string; begun: number | null }
