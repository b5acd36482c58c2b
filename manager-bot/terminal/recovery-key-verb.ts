import { makeRecoveryKey } from '../../deploy-engine/index.ts'
import { GIVEN } from '../command.ts'
import { auditedVerb } from './audited-verb.ts'

/** Shows the key on standard output, and what it is for on standard error: so it can be piped into a safe place. */
export const recoveryKey = (options: { replace?: true; json?: true }): Promise<number> =>
  auditedVerb(wantedBy(options), options, async ({ engine }) => {
    const { identity, recipient } = await makeRecoveryKey(engine, options.replace ?? false)
    const key = identity.reveal()
    if (options.json) process.stdout.write(`${JSON.stringify({ key, recipient })}\n`)
    else {
      process.stderr.write(
        'The recovery key. It is shown this once and kept nowhere: write it down, away from this server.\n',
      )
      process.stdout.write(`${key}\n`)
      process.stderr.write(
        'Every backup from now on can be opened with it, by tbs-manager on any server or by the tool age.\n' +
          `Earlier ones can not: make new ones with /backup. What they are sealed with: ${recipient}\n`,
      )
    }
    return 0
  })

const wantedBy = ({ replace }: { replace?: true }) => ({
  verb: 'recovery-key',
  words: replace ? { replace: GIVEN } : {},
})
