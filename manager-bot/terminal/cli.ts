import { environmentHere, hasState } from '../data-dir.ts'
import { elsewhere } from './door/elsewhere.ts'
import { createProgram } from './program.ts'
import { report } from './report.ts'

// Importing this file runs the program: it is what the launcher imports.
try {
  const there = elsewhere(process.argv.slice(2), { env: environmentHere(), state: hasState() })
  if (there) {
    const { runThere } = await import('./door/run-there.ts')
    process.exitCode = await runThere(there)
  } else {
    await createProgram().parseAsync(process.argv)
  }
} catch (error) {
  process.exitCode = await report(error, { json: process.argv.includes('--json') })
}
