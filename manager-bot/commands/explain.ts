import { z } from 'zod'
import { defineCommand } from '../command.ts'

export const explain = defineCommand({
  name: 'explain',
  usage: '<error…>',
  summary: 'What an error means, and what to do',
  details: 'By its code, as /audit shows it: bot busy, or bot_busy. All of them are in docs/troubleshooting.md.',
  example: 'disk full',
  role: 'viewer',
  reads: true,
  acrossBots: true,
  args: () => z.strictObject({ error: z.string().max(60, 'a code of some words') }),
  run: async ({ error }) => {
    const { explained } = await import('../errors/explain.ts')
    return explained(error)
  },
})
