/** What an exit code is called: "exit code 1", "exit code 139 (SIGSEGV)". */
export const exitName = (code: number): string => {
  const [signal] = SIGNALS[code - SIGNALLED] ?? []
  return signal ? `exit code ${code} (${signal})` : `exit code ${code}`
}

/** What it means, in words that follow its name; undefined: only the program knows. */
export const exitMeaning = (code: number, { outOfMemory = false } = {}): string | undefined => {
  if (outOfMemory) return 'it took more memory than it may'
  return CODES[code] ?? SIGNALS[code - SIGNALLED]?.[1]
}

const CODES: Record<number, string> = {
  0: 'it ended by itself, without an error',
  1: 'it ended for an error that it did not handle',
  2: 'it ended for an error, often a wrong argument',
  125: 'Docker could not run it',
  126: 'its command can’t be executed',
  127: 'its command was not found',
}

const SIGNALLED = 128

const SIGNALS: Record<number, [name: string, meaning: string]> = {
  1: ['SIGHUP', 'its terminal went away'],
  2: ['SIGINT', 'it was interrupted'],
  3: ['SIGQUIT', 'it was told to quit'],
  4: ['SIGILL', 'it was built for another processor'],
  5: ['SIGTRAP', 'it stopped at a trap in its code'],
  6: ['SIGABRT', 'it gave up by itself'],
  7: ['SIGBUS', 'it reached for memory that is not there'],
  8: ['SIGFPE', 'it met a calculation without a result'],
  9: ['SIGKILL', 'it was killed'],
  11: ['SIGSEGV', 'it reached for memory that is not its own'],
  13: ['SIGPIPE', 'nobody read what it wrote'],
  15: ['SIGTERM', 'it was told to end'],
}
