import { Secret, TbsError } from '../../../deploy-engine/index.ts'
import type { Target } from './target.ts'

/** A new key, which nobody else has; undefined: there is one already. */
export const makeRecoveryKeyThere = async (root: Target, id: string): Promise<Secret | undefined> => {
  const { code, stdout, stderr } = await root.run(['docker', 'exec', id, 'tbs-manager', 'recovery-key', '--json'])
  const said = JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as { key?: string; error?: { code: string } }
  if (said.key !== undefined) return new Secret(said.key)
  if (said.error?.code === 'recovery_key_there') return undefined
  throw new TbsError('command_failed', `The recovery key could not be made (code ${code}): ${stderr.trim()}`)
}
