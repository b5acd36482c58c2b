import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { finishRotation, rotateKey } from '../../deploy-engine/index.ts'
import { openAudit } from '../chat/audit.ts'
import { sealedInChat } from '../chat/records/sealed.ts'
import { openHere } from './open-here.ts'

/** Gives the installation a new master key, also while its manager runs, and the exit code. */
export const changeMasterKey = async ({ json }: { json: boolean }): Promise<number> => {
  const { engine, config, close } = await openHere()
  try {
    const by = `terminal:${userInfo().username}`
    const audit = openAudit(engine, { door: 'terminal', by, key: `terminal:${randomUUID()}` })
    const wanted = { verb: 'secret rotate-key', words: {} }
    await audit.begin(wanted)
    await finishRotation(engine, sealedInChat)
    const { keyId, values, unreadable } = await rotateKey(engine, sealedInChat)
    await audit.end(wanted, { result: 'done' })
    if (json) process.stdout.write(`${JSON.stringify({ keyId, values, unreadable })}\n`)
    else process.stdout.write(textOf({ keyId, values, unreadable, keyFile: config.keyFile }))
    return 0
  } finally {
    await close()
  }
}

type Told = { keyId: string; values: number; unreadable: number; keyFile: string }

const textOf = ({ keyId, values, unreadable, keyFile }: Told): string =>
  [
    `The master key is new: ${keyId}. Encrypted with it: ${values === 1 ? 'one value' : `${values} values`}.`,
    ...(unreadable > 0 ? [`${unreadable} could not be read before and still can’t: they are of another key.`] : []),
    `Keep a copy of ${keyFile} elsewhere. Older copies of the data still need the old key.`,
    '',
  ].join('\n')
