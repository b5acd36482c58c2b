// Writes docs/troubleshooting.md out of the table of errors: npm run troubleshooting
import { writeFile } from 'node:fs/promises'
import { topics } from '../manager-bot/errors/explain.ts'
import { guide } from './docs/guide.mjs'

await writeFile(new URL('../docs/troubleshooting.md', import.meta.url), guide(topics))
