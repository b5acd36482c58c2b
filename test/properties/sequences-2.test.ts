import { testSequences } from './hold.ts'

// In two files, which vitest runs at the same time.
testSequences(100, 300_000)
