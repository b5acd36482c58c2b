import { testSequences } from '../properties/hold.ts'

testSequences(2_000, 3_600_000)
