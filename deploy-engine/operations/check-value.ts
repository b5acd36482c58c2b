import type { z } from 'zod'
import { TbsError } from '../error.ts'
import { protocolOf } from '../names.ts'
import type { Engine } from '../ports.ts'

/** What comes from a person, in the form that is trusted from here on. Fails with `bad_value`. */
export const checkValue = <T>(schema: z.ZodType<T>, value: unknown): T => {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = issue?.path.join('.')
  throw new TbsError('bad_value', `${where ? `${where}: ` : ''}${issue?.message ?? 'not understood'}`, {
    hint: 'Nothing was changed: correct it and send it again',
  })
}

/** Fails with `protocol_refused`. */
export const refuseProtocol = ({ settings }: Engine, repo: string): void => {
  const protocol = protocolOf(repo)
  if (protocol && settings.gitProtocols.includes(protocol)) return
  throw new TbsError('protocol_refused', `${protocol} repositories are not allowed here`, {
    hint: `Allowed are: ${settings.gitProtocols.join(', ')} (TBS_GIT_PROTOCOLS)`,
  })
}
