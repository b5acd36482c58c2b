/** How a bot is, by all that was seen of it. */
export type Liveness = {
  /**
   * working: it has just taken updates. idle: none wait. busy: some wait while it works on others. deaf: it runs and
   * takes none. unproven: it runs, none wait, and it was never seen to take any. refused: Telegram does not take its
   * token. elsewhere: another program takes its updates. unknown: Telegram does not answer us.
   */
  state: 'working' | 'idle' | 'busy' | 'deaf' | 'unproven' | 'refused' | 'elsewhere' | 'unknown'
  /** When it was looked at. */
  at: number
  /** Updates that wait for it. */
  waiting?: number
  /** The last thing seen of it that a deaf bot does not do, in words that follow “it”. */
  sign?: { at: number; what: string }
  /** deaf: one sentence of what was found. */
  found?: string
}
