import fc from 'fast-check'
import { test } from 'vitest'
import { onOneDaemon, sequence } from '../properties/commands.ts'
import { realDriver } from '../properties/real-driver.ts'
import { runSequence } from '../properties/run-sequence.ts'

const SEQUENCES = 20

test('random sequences on real Docker end as the model says', async () => {
  const property = fc.asyncProperty(sequence.map(onOneDaemon), async (commands) => {
    const begun = Date.now()
    const driver = await realDriver()
    try {
      await runSequence(driver, commands)
      console.log(`${commands.length} commands in ${Math.round((Date.now() - begun) / 1000)} s`)
    } finally {
      await driver.close()
    }
  })
  // Minutes each: what fails is printed as it is, with its seed.
  await fc.assert(property, { numRuns: SEQUENCES, endOnFailure: true })
}, 3_600_000)
