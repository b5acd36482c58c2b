import { newIdentity } from '../../archive/age.ts'
import { TbsError } from '../../error.ts'
import type { Engine } from '../../ports.ts'
import type { Secret } from '../../secret.ts'

/** A new key, which opens the backups from now on; the caller has the only copy. Fails with `recovery_key_there`. */
export const makeRecoveryKey = async (
  { backupKeys }: Engine,
  replace: boolean,
): Promise<{ identity: Secret; recipient: string }> => {
  const before = await backupKeys.recovery()
  if (before !== undefined && !replace) {
    throw new TbsError('recovery_key_there', `There is a recovery key already: backups are sealed for ${before}`, {
      hint: 'If it is lost: tbs-manager recovery-key --replace makes another one, for later backups',
    })
  }
  const made = await newIdentity()
  await backupKeys.setRecovery(made.recipient)
  return made
}
