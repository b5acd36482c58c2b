import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addBot, Secret } from '../../deploy-engine/index.ts'
import { type Command, sequence } from './commands.ts'
import { startManager } from './manager.ts'
import { memoryDriver } from './memory-driver.ts'
import { runSequence } from './run-sequence.ts'
import { BOT, copyWorld, newWorld, TOKEN, type World } from './world.ts'

/** What was once found and is kept. */
const KNOWN: Command[][] = [
  // Docker goes on stopping the old version when the manager that asked for it is dead.
  [
    { do: 'deploy', version: 'slow to stop', busy: false },
    {
      do: 'deploy',
      version: 'good',
      busy: false,
      meanwhile: { what: 'kill', step: 'prepare', edge: 'after', calls: 18 },
    },
  ],
]

/** Runs that many random sequences in memory; a failing one is printed as short as it can be made, with its seed. */
export const testSequences = (count: number, timeoutMs: number): void => {
  let directory: string
  let registered: World

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tbs-properties-'))
    registered = await newWorld(join(directory, 'registered'))
    const manager = await startManager(registered)
    const bot = { name: BOT, repo: 'file:///memory', branch: 'main', token: new Secret(TOKEN) }
    await registered.clock.until(addBot(manager.engine, bot), 10_000)
    await manager.kill()
  })

  afterAll(() => rm(directory, { recursive: true, force: true }))

  test(
    `${count} sequences end as the model says`,
    async () => {
      let runs = 0
      const property = fc.asyncProperty(sequence, async (commands) => {
        const own = join(directory, String(runs++))
        const driver = await memoryDriver(await copyWorld(registered, own))
        try {
          await runSequence(driver, commands)
          expect(driver.manager().bugs).toEqual([])
        } finally {
          await driver.close()
          await rm(own, { recursive: true, force: true })
        }
      })
      await fc.assert(property, { numRuns: count, examples: KNOWN.map((commands) => [commands]) })
    },
    timeoutMs,
  )
}
