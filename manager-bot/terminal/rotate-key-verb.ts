import { finishRotation, rotateKey } from '../../deploy-engine/index.ts'
import { sealedInChat } from '../chat/records/sealed.ts'
import { auditedVerb } from './audited-verb.ts'

/** Gives the installation a new master key, also while its manager runs, and the exit code. */
export const changeMasterKey = ({ json }: { json: boolean }): Promise<number> =>
  auditedVerb({ verb: 'secret rotate-key', words: {} }, { json }, async ({ engine, config }) => {
    await finishRotation(engine, sealedInChat)
    const { keyId, values, unreadable } = await rotateKey(engine, sealedInChat)
    if (json) process.stdout.write(`${JSON.stringify({ keyId, values, unreadable })}\n`)
    else process.stdout.write(textOf({ keyId, values, unreadable, keyFile: config.keyFile }))
    return 0
  })

type Told = { keyId: string; values: number; unreadable: number; keyFile: string }

const textOf = ({ keyId, values, unreadable, keyFile }: Told): string =>
  [
    `The master key is new: ${keyId}. Encrypted with it: ${values === 1 ? 'one value' : `${values} values`}.`,
    ...(unreadable > 0 ? [`${unreadable} could not be read before and still can’t: they are of another key.`] : []),
    `Keep a copy of ${keyFile} elsewhere. Older copies of the data still need the old key.`,
    '',
  ].join('\n')
