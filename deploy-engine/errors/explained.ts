/** What a code stands for. A thrown error says more of its own case in its message, and often in a hint. */
export type Explained = {
  cause: string
  /** What to do; said where the error has no hint of its own. */
  fix: string
}

export type Explanations = Readonly<Record<string, Explained>>

/** What somebody was doing when it failed, as a chapter of docs/troubleshooting.md. */
export type Topic = { title: string; errors: Explanations }
