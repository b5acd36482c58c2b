import type { EntityManager } from 'typeorm'
import type { Engine, Vault } from '../ports.ts'
import { SecretSchema } from '../records/secret.ts'

/** Something that is stored encrypted, and how it is stored encrypted anew. */
export type Sealed = { bot: number; key: string; sealed: Buffer; put(sealed: Buffer): Promise<void> }

/** Everything of one kind that is stored encrypted. */
export type SealedTable = (entities: EntityManager) => Promise<Sealed[]>

/** `unreadable`: what no known key opens; it stays as it is. */
export type Rotated = { keyId: string; values: number; unreadable: number }

/**
 * A new master key, and everything encrypted with it. Cut off anywhere, all can be read: the old key leaves its file
 * only when nothing needs it any more, and `finishRotation` goes on from there. Other processes may go on meanwhile:
 * whoever encrypts something holds the database, and takes the key that is first in the file then.
 */
export const rotateKey = async (engine: Engine, more: readonly SealedTable[]): Promise<Rotated> => {
  const rotated = await engine.database.transaction((entities) => {
    engine.vault.addKey()
    return sealAnew(engine, entities, more)
  })
  await dropOldKeys(engine, more)
  return rotated
}

/** What a change of keys that was cut off left; nothing if there was none. */
export const finishRotation = async (engine: Engine, more: readonly SealedTable[]): Promise<void> => {
  if (engine.vault.keyIds.length === 1) return
  await engine.database.transaction((entities) => sealAnew(engine, entities, more))
  await dropOldKeys(engine, more)
  engine.log.info({ keyId: engine.vault.keyId }, 'a change of the master key that was cut off is finished')
}

const sealAnew = async ({ vault }: Engine, entities: EntityManager, more: readonly SealedTable[]): Promise<Rotated> => {
  const all = await allSealed(entities, vault, more)
  let unreadable = 0
  for (const { bot, key, sealed, put } of all.filter((one) => !vault.isCurrent(one.sealed))) {
    const anew = sealedAnew(vault, { bot, key, sealed })
    if (anew) await put(anew)
    else unreadable += 1
  }
  return { keyId: vault.keyId, values: all.length - unreadable, unreadable }
}

const sealedAnew = (vault: Vault, { bot, key, sealed }: Pick<Sealed, 'bot' | 'key' | 'sealed'>): Buffer | undefined => {
  try {
    return vault.seal(bot, key, vault.open(bot, key, sealed))
  } catch {
    // The key that it was made with is not here: as unreadable as before.
    return undefined
  }
}

// Looked at once more: between the two transactions another process may have changed the key as well.
const dropOldKeys = (engine: Engine, more: readonly SealedTable[]): Promise<void> =>
  engine.database.transaction(async (entities) => {
    const { vault } = engine
    const others = (await allSealed(entities, vault, more)).filter(({ sealed }) => !vault.isCurrent(sealed))
    if (others.every((one) => !sealedAnew(vault, one))) vault.dropOtherKeys()
  })

const allSealed = async (entities: EntityManager, vault: Vault, more: readonly SealedTable[]): Promise<Sealed[]> =>
  (await Promise.all([secretsOfBots(vault)(entities), ...more.map((table) => table(entities))])).flat()

const secretsOfBots =
  (vault: Vault): SealedTable =>
  async (entities) =>
    (await entities.find(SecretSchema)).map(({ botId, key, sealed }) => ({
      bot: botId,
      key,
      sealed,
      put: async (anew) => {
        await entities.update(SecretSchema, { botId, key }, { sealed: anew, keyId: vault.keyId })
      },
    }))
