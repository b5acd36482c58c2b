import { createProgram } from './program.ts'
import { report } from './report.ts'

// Importing this file runs the program: it is what the launcher imports.
try {
  await createProgram().parseAsync(process.argv)
} catch (error) {
  process.exitCode = await report(error, { json: process.argv.includes('--json') })
}
