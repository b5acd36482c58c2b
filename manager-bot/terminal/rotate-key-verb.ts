import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { finishRotation, openEngine, rotateKey } from '../../deploy-engine/index.ts'
import { openAudit } from '../chat/audit.ts'
import { sealedInChat } from '../chat/records/sealed.ts'
import { chatTables } from '../chat/records/tables.ts'
import { currentConfig, engineSettings } from '../config.ts'
import { knownSecrets } from '../known-secrets.ts'
import { createLog } from '../log.ts'

/** Gives the installation a new master key, also while its manager runs, and the exit code. */
export const changeMasterKey = async ({ json }: { json: boolean }): Promise<number> => {
  const config = currentConfig()
  const secrets = knownSecrets(config)
  const write = (text: string) => process.stderr.write(text)
  const log = createLog({ pretty: true, level: 'warn', write, hidden: secrets.all })
  const { engine, close } = await openEngine(engineSettings(config), { log, onSecret: secrets.add, ...chatTables })
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
