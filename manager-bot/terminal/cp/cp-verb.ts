import { randomUUID } from 'node:crypto'
import { copyIn, copyOut } from '../../../deploy-engine/index.ts'
import { auditedVerb } from '../audited-verb.ts'
import { received, sent } from './passing.ts'
import { sidesOf } from './sides.ts'

/** Copies files into a stopped bot's volumes, or out of them; gives the exit code. */
export const cp = (from: string, to: string): Promise<number> => {
  const words = { from, to }
  const bot = [from, to].find((side) => /^[a-z][a-z0-9-]+:/.test(side))?.split(':')[0]
  return auditedVerb({ verb: 'cp', words, ...(bot !== undefined && { bot }) }, {}, async ({ engine, signal }) => {
    const { direction, local, ...place } = sidesOf(from, to)
    const request = { ...place, key: randomUUID().slice(0, 8) }
    if (direction === 'out') await received(local, (into) => copyOut(engine, request, into, signal))
    else await sent(local, (content) => copyIn(engine, request, content, signal))
    return 0
  })
}
